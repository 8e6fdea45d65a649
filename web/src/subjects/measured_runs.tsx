// Measured runs and their stimuli are given, to fit a subject or to score the model.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { post, Problem, type Schemas } from '../api/client';
import type { Sending } from '../api/upload';
import { Icon } from '../components/controls';
import { ProblemNote } from '../components/problem';
import { Uploading } from '../components/uploading';
import { go } from '../router';
import { EMPTY, isWhole, send, type Run } from './runs';

/** Of a fit. */
const FEWEST_RUNS = 2;
/** Rows that the form of a fit begins with. */
const FIRST_ROWS = 3;

export function MeasuredRuns({ aim }: { aim: 'fit' | 'score' }) {
  const isFit = aim === 'fit';
  const name = useSignal('');
  const method = useSignal<Schemas['Method']>('ridge');
  const simulated = useSignal(false);
  const runs = useSignal<Run[]>(Array.from({ length: isFit ? FIRST_ROWS : 1 }, () => EMPTY));
  const sending = useSignal<Sending | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const stopping = useRef(new AbortController());
  const whole = runs.value.filter(isWhole);
  const wanted = isFit ? (name.value === '' ? 'A name is wanted.' : whole.length < FEWEST_RUNS ? `${FEWEST_RUNS} runs or more are wanted.` : undefined) : whole.length === 0 ? 'A run is wanted.' : undefined;
  const set = (index: number, part: Partial<Run>): void => void (runs.value = runs.value.map((run, place) => (place === index ? { ...run, ...part } : run)));

  const ask = async (): Promise<void> => {
    stopping.current = new AbortController();
    problem.value = undefined;
    try {
      const orders: { person: string; order: Schemas['RunOrder'] }[] = [];
      for (const run of whole) {
        const order = await send(run, (now) => (sending.value = { ...now, fraction: (orders.length + now.fraction) / whole.length }), stopping.current.signal);
        orders.push({ person: run.person, order });
      }
      const { id } = isFit
        ? await post('/v1/subjects', { name: name.value, method: method.value, simulated: simulated.value, runs: orders.map(({ order }) => order) })
        : await post('/v1/evaluations', { simulated: simulated.value, people: byPerson(orders) });
      go('experiments', id);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) problem.value = Problem.from(error);
    } finally {
      sending.value = undefined;
    }
  };

  return (
    <div class="column">
      <div class="stack">
        <p class="small">
          <a href="#/subjects">Subjects</a>
        </p>
        <h1>{isFit ? 'Fit a subject' : 'Score the model'}</h1>
        <p class="lead">
          {isFit
            ? 'The head is fitted to the runs that are not held out and scored on those that are; where none is, the last fifth is held out for the scores.'
            : 'Held-out runs are scored, and a linear model of the same features is fitted to the others; where none is held out, all are scored. A person is predicted by the subject of their name, or else by the average one.'}
        </p>
      </div>
      <div class="panel stack">
        {isFit && (
          <div class="row">
            <label class="field short">
              <span>Name: letters, digits, - and _</span>
              <input type="text" value={name.value} onInput={({ currentTarget }) => (name.value = currentTarget.value.trim())} />
            </label>
            <label class="field short">
              <span>Method</span>
              <select value={method.value} onChange={({ currentTarget }) => (method.value = currentTarget.value as Schemas['Method'])}>
                <option value="ridge">ridge, drawn to the average head</option>
                <option value="low-rank">low-rank: the subject’s factor is trained</option>
              </select>
            </label>
          </div>
        )}
        <ol class="runs">
          {runs.value.map((run, index) => (
            <li key={index}>
              <RunFields run={run} number={index + 1} hasPerson={!isFit} set={(part) => set(index, part)} />
              {runs.value.length > 1 && (
                <button class="button plain icon" aria-label={`Take run ${index + 1} away`} onClick={() => (runs.value = runs.value.filter((_, place) => place !== index))}>
                  <Icon name="close" />
                </button>
              )}
            </li>
          ))}
        </ol>
        <div class="row">
          <button class="button" onClick={() => (runs.value = [...runs.value, { ...EMPTY, ...kept(runs.value.at(-1)) }])}>
            Add a run
          </button>
        </div>
        <label class="row small">
          <input type="checkbox" checked={simulated.value} onChange={({ currentTarget }) => (simulated.value = currentTarget.checked)} />
          The responses were simulated; nobody was scanned
        </label>
        {problem.value && <ProblemNote problem={problem.value} />}
        {sending.value ? (
          <Uploading sending={sending.value} then="Asking the server …" stop={() => stopping.current.abort()} />
        ) : (
          <div class="row">
            <button class="button main" disabled={wanted !== undefined} onClick={() => void ask()}>
              {isFit ? 'Fit the subject' : 'Score the model'}
            </button>
            {wanted && <span class="small soft">{wanted}</span>}
          </div>
        )}
      </div>
    </div>
  );
}

interface RunProps {
  run: Run;
  number: number;
  hasPerson: boolean;
  set(part: Partial<Run>): void;
}

function RunFields({ run, number, hasPerson, set }: RunProps) {
  const files = (label: string, accept: string, several: boolean, change: (files: File[]) => void) => (
    <label class="field">
      <span>{label}</span>
      <input type="file" aria-label={`${label} of run ${number}`} accept={accept} multiple={several} onChange={({ currentTarget }) => change([...(currentTarget.files ?? [])])} />
    </label>
  );
  const decimal = (label: string, value: number | undefined, change: (value: number | undefined) => void) => (
    <label class="field">
      <span>{label}</span>
      <input type="number" step="any" aria-label={`${label} of run ${number}`} value={value ?? ''} onInput={({ currentTarget: { valueAsNumber } }) => change(Number.isFinite(valueAsNumber) ? valueAsNumber : undefined)} />
    </label>
  );
  return (
    <fieldset class="run">
      <legend>Run {number}</legend>
      {hasPerson && (
        <label class="field">
          <span>Person</span>
          <input type="text" aria-label={`Person of run ${number}`} value={run.person} onInput={({ currentTarget }) => set({ person: currentTarget.value.trim() })} />
        </label>
      )}
      {files('Stimulus', 'video/*,audio/*,text/plain', false, ([stimulus]) => set({ stimulus }))}
      {files('Transcript (optional)', '.srt,.vtt,.tsv,.csv,.json', false, ([transcript]) => set({ transcript }))}
      {files('BOLD: one file, or a GIFTI pair', '.npy,.h5,.hdf5,.nii,.gz,.gii', true, (bold) => set({ bold }))}
      {decimal('TR (s), if the file lacks it', run.tr, (tr) => set({ tr }))}
      {decimal('Stimulus begins at (s)', run.onset, (onset) => set({ onset }))}
      <label class="row small held">
        <input type="checkbox" aria-label={`Run ${number} is held out`} checked={run.heldOut} onChange={({ currentTarget }) => set({ heldOut: currentTarget.checked })} />
        held out
      </label>
    </fieldset>
  );
}

/** What the next run most likely shares with the one before. */
function kept(run: Run | undefined): Partial<Run> {
  return run ? { person: run.person, tr: run.tr, onset: run.onset } : {};
}

function byPerson(orders: readonly { person: string; order: Schemas['RunOrder'] }[]): Schemas['PersonOrder'][] {
  const people = [...new Set(orders.map(({ person }) => person))];
  return people.map((name) => ({ name, runs: orders.filter(({ person }) => person === name).map(({ order }) => order) }));
}
