// A prediction that is not there yet: its stages as they advance, the time that is left, and a way to stop it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Problem, remove, type Schemas } from '../api/client';
import { FINISHED, follow, type Progress as Step } from '../api/events';
import { announce } from '../components/announce';
import { Meter } from '../components/controls';
import { ProblemNote } from '../components/problem';
import type { View } from './session';

type Stage = Schemas['Stage'];

const STAGES: readonly (readonly [Stage, string])[] = [
  ['timeline', 'Laying the stimulus out in time'],
  ['text', 'Reading its words'],
  ['audio', 'Listening to its sound'],
  ['video', 'Looking at its frames'],
  ['encoder', 'Predicting the cortex'],
];

interface Props {
  view: View;
  /** Asks for the prediction again, once its state has changed. */
  changed(): void;
}

export function Progress({ view, changed }: Props) {
  const step = useSignal<Step | undefined>(view.progress ?? undefined);
  const stands = useSignal(true);
  const problem = useSignal<Problem | undefined>(undefined);
  const cancelling = useSignal(false);
  useEffect(
    () =>
      follow(view.id, {
        progress: (next) => (step.value = next),
        connected: (now) => (stands.value = now),
        state: (state) => {
          announce(`The prediction is ${state}`);
          if (FINISHED.has(state) || state !== view.state) changed();
        },
      }),
    [view.id],
  );
  const cancel = (): void => {
    cancelling.value = true;
    remove('/v1/predictions/{id}', { id: view.id }).catch((error: unknown) => {
      cancelling.value = false;
      problem.value = Problem.from(error);
    });
  };
  const { value: now } = step;
  const done = now ? fraction(now) : 0;
  return (
    <div class="column narrow">
      <div class="stack">
        <h1>{view.task || 'Prediction'}</h1>
        <p class="lead">{view.state === 'queued' ? waiting(view) : left(view, done)}</p>
      </div>
      <Meter label="Done" fraction={done} />
      <ol class="stages">
        {STAGES.map(([stage, doing]) => (
          <li key={stage} class={stateOf(stage, now)} aria-current={now?.stage === stage ? 'step' : undefined}>
            <span>{doing}</span>
            {now?.stage === stage && <span class="number soft">{Math.round(100 * now.fraction)} %</span>}
          </li>
        ))}
      </ol>
      {now && now.windows_total > 1 && (
        <p class="small soft">
          {now.windows_done} of {now.windows_total} windows of the stimulus are done.
        </p>
      )}
      {!stands.value && <p class="note">The connection is lost; the page goes on when the server answers again.</p>}
      {problem.value && <ProblemNote problem={problem.value} />}
      <div class="row">
        <button class="button" disabled={cancelling.value} onClick={cancel}>
          {cancelling.value ? 'Stopping …' : 'Cancel'}
        </button>
      </div>
    </div>
  );
}

function waiting({ ahead }: View): string {
  return ahead ? `Waiting for ${ahead} other prediction${ahead === 1 ? '' : 's'}.` : 'Waiting for its turn.';
}

/** How much of the whole is done: windows, and of the present one the part that its stages make. */
function fraction({ stage, fraction: ofStage, windows_done, windows_total }: Step): number {
  const place = STAGES.findIndex(([known]) => known === stage);
  if (stage === 'encoder') return windows_total > 0 ? Math.max(windows_done / windows_total, ofStage) : ofStage;
  return (windows_done + (place + ofStage) / STAGES.length) / Math.max(1, windows_total);
}

function left({ started }: View, done: number): string {
  if (!started || done < 0.05) return 'The model is at work.';
  const elapsed = (Date.now() - Date.parse(started)) / 1000;
  const seconds = (elapsed / done) * (1 - done);
  if (seconds < 5) return 'A few seconds left.';
  return seconds < 90 ? `About ${Math.ceil(seconds / 5) * 5} s left.` : `About ${Math.ceil(seconds / 60)} min left.`;
}

function stateOf(stage: Stage, now: Step | undefined): string {
  const place = (wanted: Stage): number => STAGES.findIndex(([known]) => known === wanted);
  if (!now) return 'ahead';
  if (stage === now.stage) return 'now';
  return place(stage) < place(now.stage) || now.windows_done > 0 ? 'done' : 'ahead';
}
