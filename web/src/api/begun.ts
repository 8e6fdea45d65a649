// Uploads that this browser has begun, by the file: whoever chooses it again, after the page was closed, goes on with them.

const KEPT = 'encortex.upload';

function keyOf({ name, size, lastModified }: File): string {
  return `${KEPT}.${lastModified}.${size}.${name}`;
}

/** The upload of a file that was begun and not finished. */
export function begunOf(file: File): string | undefined {
  try {
    return localStorage.getItem(keyOf(file)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps which upload is a file's; undefined when it is over. */
export function keepBegun(file: File, upload: string | undefined): void {
  try {
    if (upload) localStorage.setItem(keyOf(file), upload);
    else localStorage.removeItem(keyOf(file));
  } catch {
    // A browser that keeps nothing still goes on while the page is open.
  }
}
