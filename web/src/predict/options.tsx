// What is asked beside the stimulus: the kind, its transcript or timing, the model, subjects and modalities.
import { Segments } from '../components/controls';
import type { Card } from '../model';
import { KINDS, MODALITIES, type Draft } from './draft';

interface Props {
  draft: Draft;
  change(draft: Draft): void;
  serving: Card;
  all: Card[];
}

const KIND_NAMES = { video: 'film', audio: 'sound', image: 'picture', text: 'text', events: 'events' } as const;

export function Options({ draft, change, serving, all }: Props) {
  const set = (part: Partial<Draft>): void => change({ ...draft, ...part });
  const kind = draft.file ? draft.kind : 'text';
  const toggled = <T,>(list: readonly T[], one: T): T[] => (list.includes(one) ? list.filter((other) => other !== one) : [...list, one]);
  return (
    <div class="options">
      {draft.file && (
        <div class="field">
          <span>Shown as</span>
          <Segments label="Shown as" options={KINDS.map((name) => [name, KIND_NAMES[name]] as const)} value={kind} change={(chosen) => set({ kind: chosen })} />
        </div>
      )}
      {(kind === 'video' || kind === 'audio') && (
        <label class="field">
          <span>Transcript{draft.transcript ? `: ${draft.transcript.name}` : ' (optional: words and their times)'}</span>
          <input type="file" accept=".srt,.vtt,.tsv,.csv,.json" onChange={({ currentTarget }) => set({ transcript: currentTarget.files?.[0] })} />
        </label>
      )}
      {kind === 'events' && (
        <label class="field">
          <span>Files that it names{draft.beside.length > 0 && `: ${draft.beside.map(({ name }) => name).join(', ')}`}</span>
          <input type="file" multiple onChange={({ currentTarget }) => set({ beside: [...(currentTarget.files ?? [])] })} />
        </label>
      )}
      {kind === 'image' && (
        <label class="field">
          <span>Shown for (s)</span>
          <input type="number" min={1} max={600} value={draft.duration} onChange={({ currentTarget }) => set({ duration: currentTarget.valueAsNumber || draft.duration })} />
        </label>
      )}
      {kind === 'text' && (
        <div class="field">
          <span>Its words get their times</span>
          <Segments label="Timing" options={[['spoken', 'from a voice'], ['estimated', 'from their length, unspoken']]} value={draft.timing} change={(timing) => set({ timing })} />
        </div>
      )}
      <label class="field">
        <span>Model</span>
        <select value={serving.name}>
          {all.map(({ name }) => (
            <option key={name} value={name} disabled={name !== serving.name}>
              {name === serving.name ? name : `${name} (not served here: start encortex serve --model ${name})`}
            </option>
          ))}
        </select>
      </label>
      {serving.subjects.length > 1 && (
        <fieldset class="field">
          <legend>Subjects{draft.subjects.length === 0 && ` (${serving.subjects[0]} where none is chosen)`}</legend>
          <div class="checks">
            {serving.subjects.map((subject) => (
              <label key={subject}>
                <input type="checkbox" checked={draft.subjects.includes(subject)} onChange={() => set({ subjects: toggled(draft.subjects, subject) })} />
                {subject}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <fieldset class="field">
        <legend>What reaches the model</legend>
        <div class="checks">
          {MODALITIES.map((modality) => (
            <label key={modality}>
              <input type="checkbox" checked={draft.modalities.includes(modality)} onChange={() => set({ modalities: toggled(draft.modalities, modality) })} />
              {modality}
            </label>
          ))}
        </div>
      </fieldset>
    </div>
  );
}
