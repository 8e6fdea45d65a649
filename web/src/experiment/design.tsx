// The parts of an experiment of one's own: contrasts, design, estimate, and what is varied in a grid.
import { Icon, Segments } from '../components/controls';
import type { Draft } from './draft';

interface Props {
  draft: Draft;
  change(draft: Draft): void;
}

export function Contrasts({ draft, change }: Props) {
  const set = (index: number, part: Partial<Draft['contrasts'][number]>): void =>
    change({ ...draft, contrasts: draft.contrasts.map((contrast, place) => (place === index ? { ...contrast, ...part } : contrast)) });
  return (
    <div class="stack">
      <h3>Contrasts</h3>
      {draft.contrasts.map(({ name, expression }, index) => (
        <div key={index} class="pair">
          <input class="box" type="text" aria-label={`Name of contrast ${index + 1}`} value={name} onInput={({ currentTarget }) => set(index, { name: currentTarget.value.trim() })} />
          <input class="box mono" type="text" aria-label={`Expression of contrast ${index + 1}`} placeholder="faces - (places + bodies) / 2" value={expression} onInput={({ currentTarget }) => set(index, { expression: currentTarget.value })} />
          <button class="button plain icon" aria-label={`Take contrast ${name} away`} onClick={() => change({ ...draft, contrasts: draft.contrasts.filter((_, place) => place !== index) })}>
            <Icon name="close" />
          </button>
        </div>
      ))}
      <div class="row">
        <button class="button" onClick={() => change({ ...draft, contrasts: [...draft.contrasts, { name: `contrast${draft.contrasts.length + 1}`, expression: '' }] })}>
          Add a contrast
        </button>
      </div>
    </div>
  );
}

export function DesignFields({ draft, change }: Props) {
  const { design, estimate } = draft;
  const number = (label: string, field: 'stimulus_s' | 'asynchrony_s' | 'repetitions' | 'blocks', step: number) => (
    <label class="field">
      <span>{label}</span>
      <input type="number" min={step} step={step} value={design[field]} onChange={({ currentTarget }) => currentTarget.valueAsNumber > 0 && change({ ...draft, design: { ...design, [field]: currentTarget.valueAsNumber } })} />
    </label>
  );
  return (
    <div class="stack">
      <h3>Design and estimate</h3>
      <div class="row">
        <Segments label="Design" options={[['event', 'single events'], ['block', 'blocks']]} value={design.kind} change={(kind) => change({ ...draft, design: { ...design, kind } })} />
        <Segments label="Estimate" options={[['glm', 'general linear model'], ['peak', 'response at 5 s']]} value={estimate} change={(chosen) => change({ ...draft, estimate: chosen })} />
      </div>
      <div class="numbers">
        {number('A picture is held for (s)', 'stimulus_s', 0.1)}
        {design.kind === 'event' ? number('Onset to onset (s)', 'asynchrony_s', 0.5) : number('Blocks a condition', 'blocks', 1)}
        {design.kind === 'event' && number('Repetitions', 'repetitions', 1)}
      </div>
    </div>
  );
}

/** At most two fields, so that the results can be drawn. */
export function Sweep({ draft, change }: Props) {
  const { sweep } = draft;
  const set = (index: number, part: Partial<Draft['sweep'][number]>): void =>
    change({ ...draft, sweep: sweep.map((axis, place) => (place === index ? { ...axis, ...part } : axis)) });
  return (
    <details class="stack" open={sweep.length > 0}>
      <summary class="small">Vary something in a grid</summary>
      <p class="small soft">
        A field of the spec and its values, such as <code>media.contrast</code> and <code>0.25, 0.5, 1</code>. Every combination is a cell.
      </p>
      {sweep.map(({ field, values }, index) => (
        <div key={index} class="pair">
          <input class="box mono" type="text" aria-label={`Field ${index + 1} that varies`} placeholder="design.asynchrony_s" value={field} onInput={({ currentTarget }) => set(index, { field: currentTarget.value })} />
          <input class="box mono" type="text" aria-label={`Values of field ${index + 1}`} placeholder="4, 8, 12" value={values} onInput={({ currentTarget }) => set(index, { values: currentTarget.value })} />
          <button class="button plain icon" aria-label={`Field ${index + 1} varies no more`} onClick={() => change({ ...draft, sweep: sweep.filter((_, place) => place !== index) })}>
            <Icon name="close" />
          </button>
        </div>
      ))}
      {sweep.length < 2 && (
        <div class="row">
          <button class="button" onClick={() => change({ ...draft, sweep: [...sweep, { field: '', values: '' }] })}>
            Vary a field
          </button>
        </div>
      )}
    </details>
  );
}
