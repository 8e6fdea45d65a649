// An experiment that waits or runs: how many cells are done, the time that is left, and a way to stop it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Problem, remove } from '../api/client';
import { followExperiment, type ExperimentProgress } from '../api/experiment_events';
import { announce } from '../components/announce';
import { Meter } from '../components/controls';
import { ProblemNote } from '../components/problem';
import type { View } from './experiment';
import { duration } from './timeline';

const STATES: readonly (readonly [string, string])[] = [
  ['succeeded', 'done'],
  ['running', 'running'],
  ['queued', 'waiting'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
];

export function Running({ view, changed }: { view: View; changed(): void }) {
  const step = useSignal<ExperimentProgress>(view);
  const stands = useSignal(true);
  const seconds = useSignal(0);
  const stopping = useSignal(false);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    const since = Date.parse(view.created);
    const tick = (): void => void (seconds.value = Math.max(0, (Date.now() - since) / 1000));
    tick();
    const ticking = setInterval(tick, 1000);
    return () => clearInterval(ticking);
  }, [view.created]);
  useEffect(
    () =>
      followExperiment(view.id, {
        connected: (now) => (stands.value = now),
        progress: (next) => {
          step.value = next;
          if (next.state === 'running' || next.state === 'queued') return;
          announce(`The experiment is ${next.state}`);
          changed();
        },
      }),
    [view.id],
  );
  const cancel = (): void => {
    stopping.value = true;
    remove('/v1/experiments/{id}', { id: view.id }).catch((error: unknown) => {
      stopping.value = false;
      problem.value = Problem.from(error);
    });
  };
  const { states, cells, cells_per_second, seconds_left } = step.value;
  const over = cells - (states.queued ?? 0) - (states.running ?? 0);
  return (
    <div class="column narrow">
      <div class="stack">
        <h1>{view.name || 'Experiment'}</h1>
        <p class="lead">{lead(step.value)}</p>
      </div>
      {cells > 1 ? <Meter label="Cells done" fraction={over / cells} /> : <div class="meter moving" role="progressbar" aria-label="Running"><div /></div>}
      <dl class="facts">
        {STATES.filter(([state]) => states[state]).map(([state, said]) => (
          <div key={state}>
            <dt>{said}</dt>
            <dd class="number">{states[state]}</dd>
          </div>
        ))}
        <div>
          <dt>since it was asked for</dt>
          <dd class="number">{duration(seconds.value)}</dd>
        </div>
        {seconds_left !== null && seconds_left !== undefined && (
          <div>
            <dt>left</dt>
            <dd class="number">about {duration(seconds_left)}, at {cells_per_second.toPrecision(2)} cells a second</dd>
          </div>
        )}
      </dl>
      <p class="small soft">It goes on when this page is closed, and survives a restart of the server. Predictions go before it.</p>
      {!stands.value && <p class="note">The connection is lost; the page goes on when the server answers again.</p>}
      {problem.value && <ProblemNote problem={problem.value} />}
      <div class="row">
        <button class="button" disabled={stopping.value} onClick={cancel}>
          {stopping.value ? 'Stopping …' : 'Cancel'}
        </button>
      </div>
    </div>
  );
}

function lead({ states, cells }: ExperimentProgress): string {
  if (cells > 1) return `${cells} cells of a grid.`;
  return states.running ? 'The model is in the scanner.' : 'Waiting for its turn.';
}
