// A prediction of which there is nothing to see yet: its stages as they advance, the time that is left, and a way to stop it.
import type { Progress as Step } from '../api/events';
import { Meter } from '../components/controls';
import { ProblemNote } from '../components/problem';
import type { Followed } from './followed';
import type { View } from './session';
import { fraction, left, STAGES, type Stage } from './stages';

export function Progress({ followed, view }: { followed: Followed; view: View }) {
  const now = view.progress ?? undefined;
  return (
    <div class="column narrow">
      <div class="stack">
        <h1>{view.task || 'Prediction'}</h1>
        <p class="lead">{view.state === 'queued' ? waiting(view) : left(view)}</p>
      </div>
      <Meter label="Done" fraction={fraction(now)} />
      <ol class="stages">
        {STAGES.map(([stage, doing]) => (
          <li key={stage} class={stateOf(stage, now)} aria-current={now?.stage === stage ? 'step' : undefined}>
            <span>{doing}</span>
            {now?.stage === stage && <span class="number soft">{Math.round(100 * now.fraction)} %</span>}
          </li>
        ))}
      </ol>
      <Connection followed={followed} />
      {followed.refusal.value && <ProblemNote problem={followed.refusal.value} />}
      <div class="row">
        <button class="button" disabled={followed.stopping.value} onClick={() => void followed.cancel()}>
          {followed.stopping.value ? 'Stopping …' : 'Cancel'}
        </button>
      </div>
    </div>
  );
}

/** Says that the connection is lost, while it is. */
export function Connection({ followed }: { followed: Followed }) {
  return followed.stands.value ? null : <p class="note" role="status">The connection is lost; the page goes on when the server answers again.</p>;
}

function waiting({ ahead }: View): string {
  return ahead ? `Waiting for ${ahead} other prediction${ahead === 1 ? '' : 's'}.` : 'Waiting for its turn.';
}

function stateOf(stage: Stage, now: Step | undefined): string {
  const place = (wanted: Stage): number => STAGES.findIndex(([known]) => known === wanted);
  if (!now) return 'ahead';
  if (stage === now.stage) return 'now';
  return place(stage) < place(now.stage) || now.windows_done > 0 ? 'done' : 'ahead';
}
