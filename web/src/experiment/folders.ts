// Files out of folders that are dropped: each with the folder that it lay in, which is the name of its condition.
export interface Found {
  file: File;
  /** The innermost folder; undefined for a file that was dropped by itself. */
  folder: string | undefined;
}

/** Everything that is dropped, folders read to their ends. Hidden files are left out. */
export async function dropped({ items }: DataTransfer): Promise<Found[]> {
  // Entries are only to be had before anything is waited for.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  return (await Promise.all(entries.map((entry) => within(entry, undefined)))).flat();
}

/** What a chooser of folders or files gave. */
export function chosen(files: FileList): Found[] {
  return [...files].filter(isVisible).map((file) => ({ file, folder: file.webkitRelativePath.split('/').at(-2) }));
}

async function within(entry: FileSystemEntry, folder: string | undefined): Promise<Found[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return isVisible(file) ? [{ file, folder }] : [];
  }
  const entries = await everyEntry((entry as FileSystemDirectoryEntry).createReader());
  return (await Promise.all(entries.map((inner) => within(inner, entry.name)))).flat();
}

/** A reader gives some of its entries at a time, and none when it has no more. */
async function everyEntry(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
  return some.length === 0 ? [] : [...some, ...(await everyEntry(reader))];
}

function isVisible({ name }: File): boolean {
  return !name.startsWith('.');
}
