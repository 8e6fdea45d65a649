// Where files are dropped, chosen or pasted, and text is typed.
import { useEffect, useRef } from 'preact/hooks';
import { DropArea } from '../components/drop_area';
import { take, type Draft } from './draft';

interface Props {
  draft: Draft;
  change(draft: Draft): void;
}

export function Drop({ draft, change }: Props) {
  const chooser = useRef<HTMLInputElement>(null);
  const latest = useRef(draft);
  latest.current = draft;
  const accept = (files: FileList | null | undefined): void => {
    if (files && files.length > 0) change(take(latest.current, [...files]));
  };
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent): void => accept(clipboardData?.files);
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, []);
  return (
    <DropArea drop={({ files }) => accept(files)}>
      <div>
        <p>
          <strong>Drop a film, a sound, a picture or a text</strong>
        </p>
        <p class="small soft">with a transcript beside it, if you have one (.srt, .vtt, .tsv, WhisperX .json)</p>
      </div>
      <button class="button" onClick={() => chooser.current?.click()}>
        Choose a file
      </button>
      <input ref={chooser} type="file" multiple class="visually-hidden" tabIndex={-1} aria-label="Files" onChange={({ currentTarget }) => accept(currentTarget.files)} />
    </DropArea>
  );
}
