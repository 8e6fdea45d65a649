// The lab's own subjects, and how the model does beside measured runs.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, Problem, type Schemas } from '../api/client';
import { ProblemNote } from '../components/problem';
import type { PageProps } from '../pages';
import { href } from '../router';
import { MeasuredRuns } from './measured_runs';
import { score } from './scores';
import { Subject } from './subject';

/** What the server calls every evaluation. */
const EVALUATION = 'evaluation';
const SHOWN = 20;

export function Subjects({ place }: PageProps) {
  const [, what, name] = place.path;
  if (what === 'fit' || what === 'score') return <MeasuredRuns key={what} aim={what} />;
  if (what === 'of' && name) return <Subject key={name} name={name} place={place} />;
  return <List />;
}

function List() {
  const subjects = useSignal<Schemas['SubjectView'][] | undefined>(undefined);
  const evaluations = useSignal<Schemas['ExperimentSummary'][]>([]);
  const problem = useSignal<Problem | undefined>(undefined);
  const load = (): void => {
    Promise.all([get('/v1/subjects'), get('/v1/experiments', { name: EVALUATION, limit: SHOWN })]).then(
      ([own, scored]) => {
        subjects.value = own;
        evaluations.value = scored;
        problem.value = undefined;
      },
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  };
  useEffect(load, []);
  return (
    <div class="column">
      <div class="stack">
        <h1>Brains of your own</h1>
        <p class="lead">
          A few measured runs of a person make them a subject of the model: a head of their own on the frozen encoder. Or hold the model against the runs, and see how far it is from the noise ceiling and
          from a linear model of the same features.
        </p>
        <div class="row">
          <a class="button main" href={href('subjects', 'fit')}>
            Fit a subject
          </a>
          <a class="button" href={href('subjects', 'score')}>
            Score the model
          </a>
        </div>
      </div>
      {problem.value && <ProblemNote problem={problem.value} again={load} />}
      {subjects.value?.length === 0 && <p class="soft">Nobody has been fitted on this server. Two runs of a person, of two stimuli, are enough to begin with.</p>}
      {subjects.value && subjects.value.length > 0 && <Fitted subjects={subjects.value} />}
      {evaluations.value.length > 0 && (
        <section class="stack">
          <h2>Scores</h2>
          <ul class="plain">
            {evaluations.value.map(({ id, created }) => (
              <li key={id}>
                <a href={href('experiments', id)}>Evaluation of {new Date(created).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Fitted({ subjects }: { subjects: Schemas['SubjectView'][] }) {
  return (
    <section class="stack">
      <h2>Fitted here</h2>
      <div class="panel scroll">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Subject</th>
              <th scope="col">Model</th>
              <th scope="col">Runs</th>
              <th scope="col">Minutes</th>
              <th scope="col">r, held-out runs</th>
              <th scope="col">average head</th>
              <th scope="col">of the ceiling</th>
            </tr>
          </thead>
          <tbody>
            {subjects.map(({ name, model, runs, minutes, scores, simulated, usable }) => (
              <tr key={name}>
                <th scope="row">
                  <a href={href('subjects', 'of', name)}>{name}</a> {simulated && <span class="chip warn">simulated responses</span>} {!usable && <span class="chip">of another model</span>}
                </th>
                <td>{model}</td>
                <td class="number">{runs}</td>
                <td class="number">{minutes.toFixed(0)}</td>
                <td class="number">{score(scores.held_out_r)}</td>
                <td class="number">{score(scores.average_r)}</td>
                <td class="number">{score(scores.ceiling_share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
