// What each condition shows: texts of the library, folders of files, or lines of text.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Problem } from '../api/client';
import { upload, type Sending } from '../api/upload';
import { Icon } from '../components/controls';
import { DropArea } from '../components/drop_area';
import { ProblemNote } from '../components/problem';
import { Uploading } from '../components/uploading';
import { chosen, dropped, type Found } from './folders';
import { emptyCondition, withConditions, type Draft, type DraftedCondition } from './draft';

interface Props {
  draft: Draft;
  change(draft: Draft): void;
  /** Texts can be typed. */
  takesText: boolean;
}

export function Conditions({ draft, change, takesText }: Props) {
  const sending = useSignal<Sending | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const latest = useRef(draft);
  latest.current = draft;
  const isOwn = !draft.localizer;

  const take = async (found: Found[], condition?: string): Promise<void> => {
    problem.value = undefined;
    try {
      for (const [done, { file, folder }] of found.entries()) {
        const { id } = await upload(file, (now) => (sending.value = { ...now, fraction: (done + now.fraction) / found.length }));
        const at = { id, name: file.name };
        change(file.name.toLowerCase().endsWith('.zip') && !condition ? { ...latest.current, zip: at } : placed(latest.current, condition ?? folder, at));
      }
    } catch (error) {
      problem.value = Problem.from(error);
    } finally {
      sending.value = undefined;
    }
  };
  const set = (index: number, part: Partial<DraftedCondition>): void =>
    change(withConditions(draft, draft.conditions.map((condition, place) => (place === index ? { ...condition, ...part } : condition))));

  return (
    <div class="stack">
      {draft.conditions.some(({ given }) => !given) && (
        <FolderDrop isOwn={isOwn} take={(found) => void take(found)} />
      )}
      {draft.zip && (
        <div class="row chosen">
          <strong>{draft.zip.name}</strong>
          <span class="small soft">a folder for each condition is looked for in it</span>
          <button class="button plain small" onClick={() => change({ ...draft, zip: undefined })}>
            Take away
          </button>
        </div>
      )}
      {sending.value && <Uploading sending={sending.value} then="All files are there." />}
      {problem.value && <ProblemNote problem={problem.value} />}
      <ul class="conditions">
        {draft.conditions.map((condition, index) => (
          <li key={index}>
            <div class="row spread">
              {isOwn ? (
                <input class="box name" type="text" aria-label={`Name of condition ${index + 1}`} value={condition.name} onInput={({ currentTarget }) => set(index, { name: currentTarget.value.trim() })} />
              ) : (
                <h3>{condition.name}</h3>
              )}
              <span class="row">
                <span class="tiny soft">{has(condition, draft)}</span>
                {isOwn && draft.conditions.length > 1 && (
                  <button class="button plain icon" aria-label={`Take condition ${condition.name} away`} onClick={() => change(withConditions(draft, draft.conditions.filter((_, place) => place !== index)))}>
                    <Icon name="close" />
                  </button>
                )}
              </span>
            </div>
            {condition.wants && <p class="small soft">{condition.wants}</p>}
            {takesText && (
              <label class="field">
                <span>{condition.given ? 'Texts of your own in their place, one a line' : 'Texts, one a line'}</span>
                <textarea rows={condition.given ? 1 : 3} value={condition.lines} onInput={({ currentTarget }) => set(index, { lines: currentTarget.value })} />
              </label>
            )}
            {!condition.given && (
              <label class="field">
                <span>Files of {condition.name}</span>
                <input type="file" multiple onChange={({ currentTarget }) => currentTarget.files && void take(chosen(currentTarget.files), condition.name)} />
              </label>
            )}
          </li>
        ))}
      </ul>
      {isOwn && (
        <div class="row">
          <button class="button" onClick={() => change(withConditions(draft, [...draft.conditions, emptyCondition(`condition${draft.conditions.length + 1}`)]))}>
            Add a condition
          </button>
        </div>
      )}
    </div>
  );
}

/** Puts an upload into the condition of its folder, which an experiment of one's own gets where it has none. */
function placed(draft: Draft, folder: string | undefined, upload: { id: string; name: string }): Draft {
  const { conditions, localizer } = draft;
  const at = conditions.findIndex(({ name }) => name === folder);
  if (at >= 0) return withConditions(draft, conditions.map((condition, place) => (place === at ? { ...condition, uploads: [...condition.uploads, upload] } : condition)));
  if (localizer || !folder) throw new Problem(0, 'no_condition', 'No such condition', `“${upload.name}” lies in ${folder ? `the folder “${folder}”` : 'no folder'}; folders are called as the conditions are: ${conditions.map(({ name }) => name).join(', ')}.`);
  const started = conditions.filter(({ uploads, lines }) => uploads.length > 0 || lines.trim() !== '');
  return withConditions(draft, [...started, { ...emptyCondition(folder), uploads: [upload] }]);
}

function has({ given, uploads, lines }: DraftedCondition, { zip }: Draft): string {
  const texts = lines.split('\n').filter((line) => line.trim()).length;
  const parts = [uploads.length > 0 && `${uploads.length} file${uploads.length === 1 ? '' : 's'}`, texts > 0 && `${texts} text${texts === 1 ? '' : 's'}`].filter(Boolean);
  if (parts.length > 0) return parts.join(', ');
  if (zip) return 'from the zip';
  return given ? 'from the library' : 'nothing yet';
}

function FolderDrop({ isOwn, take }: { isOwn: boolean; take(found: Found[]): void }) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <DropArea drop={(transfer) => void dropped(transfer).then(take)}>
      <div>
        <p>
          <strong>Drop the folders of the conditions, or a zip of them</strong>
        </p>
        <p class="small soft">{isOwn ? 'A folder becomes a condition of its name.' : 'A folder is called as its condition is.'}</p>
      </div>
      <button class="button" onClick={() => chooser.current?.click()}>
        Choose a folder
      </button>
      <input
        ref={(input) => {
          chooser.current = input;
          input?.setAttribute('webkitdirectory', '');
        }}
        type="file"
        multiple
        class="visually-hidden"
        tabIndex={-1}
        aria-label="Folders"
        onChange={({ currentTarget }) => currentTarget.files && take(chosen(currentTarget.files))}
      />
    </DropArea>
  );
}
