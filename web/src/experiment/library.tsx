// The localizers of the library, and the experiments that were run here.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, Problem, type Schemas } from '../api/client';
import { ProblemNote } from '../components/problem';
import { href } from '../router';
import type { Localizer } from './draft';
import { NEW } from './experiments';


const KINDS: readonly (readonly [Localizer['stimulus'], string, string])[] = [
  ['text', 'Texts', 'Their sentences are part of the program: they run at once.'],
  ['image', 'Pictures', 'You bring a folder of pictures for each condition.'],
  ['sound', 'Sounds', 'You bring a folder of sounds for each condition.'],
  ['film', 'Films', 'You bring a folder of films for each condition.'],
];
const SHOWN = 50;

export function Library() {
  const localizers = useSignal<Localizer[]>([]);
  const experiments = useSignal<Schemas['ExperimentSummary'][]>([]);
  const problem = useSignal<Problem | undefined>(undefined);
  const load = (): void => {
    Promise.all([get('/v1/localizers'), get('/v1/experiments', { limit: SHOWN })]).then(
      ([library, list]) => {
        localizers.value = library;
        experiments.value = list;
        problem.value = undefined;
      },
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  };
  useEffect(load, []);
  return (
    <div class="column">
      <div class="stack">
        <h1>Put the model in the scanner</h1>
        <p class="lead">
          Run a contrast of the literature, or one of your own: conditions, a design in time, and the comparison of the predicted responses. What n is, is said
          beside every statistic: the model is deterministic, so it counts stimuli and never people.
        </p>
        <div class="row">
          <a class="button main" href={href('experiments', NEW)}>
            Build your own
          </a>
        </div>
      </div>
      {problem.value && <ProblemNote problem={problem.value} again={load} />}
      {experiments.value.length > 0 && <Recent experiments={experiments.value} />}
      {localizers.value.length > 0 &&
        KINDS.map(([kind, title, said]) => (
          <section key={kind} class="stack">
            <div class="row">
              <h2>{title}</h2>
              <span class="small soft">{said}</span>
            </div>
            <ul class="cards wide">
              {localizers.value
                .filter(({ stimulus }) => stimulus === kind)
                .map((localizer) => (
                  <li key={localizer.name}>
                    <LocalizerCard localizer={localizer} />
                  </li>
                ))}
            </ul>
          </section>
        ))}
    </div>
  );
}

function LocalizerCard({ localizer }: { localizer: Localizer }) {
  const { name, title, description, contrasts } = localizer;
  return (
    <a href={href('experiments', NEW, name)}>
      <strong>{title}</strong>
      <span class="small soft">{description}</span>
      <code class="tiny">{contrasts[0]?.expression}</code>
    </a>
  );
}

function Recent({ experiments }: { experiments: Schemas['ExperimentSummary'][] }) {
  return (
    <section class="stack">
      <h2>Run here</h2>
      <div class="panel scroll">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col">Cells</th>
              <th scope="col">State</th>
              <th scope="col">Asked for</th>
            </tr>
          </thead>
          <tbody>
            {experiments.map(({ id, name, cells, states, created }) => (
              <tr key={id}>
                <th scope="row">
                  <a href={href('experiments', id)}>{name || 'untitled'}</a>
                </th>
                <td class="number">{cells}</td>
                <td>{said(states)}</td>
                <td class="soft">
                  <time dateTime={created}>{new Date(created).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</time>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** `3 done, 1 failed`. */
function said(states: Record<string, number>): string {
  const names: Record<string, string> = { succeeded: 'done' };
  const parts = Object.entries(states).filter(([, cells]) => cells > 0);
  return parts.map(([state, cells]) => (parts.length === 1 && cells === 1 ? (names[state] ?? state) : `${cells} ${names[state] ?? state}`)).join(', ');
}
