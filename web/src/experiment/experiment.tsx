// One experiment: how its cells advance, why they failed, or what was found.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, Problem, remove, type Schemas } from '../api/client';
import { ProblemNote } from '../components/problem';
import type { PageProps } from '../pages';
import { go } from '../router';
import { EvaluationFindings } from '../subjects/evaluation';
import { Subject } from '../subjects/subject';
import { OtherFindings } from './other_findings';
import { Findings } from './findings';
import { noteForwards } from './pace';
import { Running } from './running';

export type View = Schemas['ExperimentView'];

export function Experiment({ id, place }: { id: string } & PageProps) {
  const view = useSignal<View | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const load = (): void => {
    get('/v1/experiments/{id}', { id }).then(
      (found) => {
        notePace(view.value, found);
        view.value = found;
        problem.value = undefined;
      },
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  };
  useEffect(load, [id]);
  if (problem.value) return <Ended problem={problem.value} again={problem.value.status === 404 ? undefined : load} />;
  const now = view.value;
  if (!now) return <div class="column soft">Asking the server …</div>;
  if (now.state === 'running' || now.state === 'queued') return <Running view={now} changed={load} />;
  if (!now.report) {
    const failure = now.failed[0]?.failure;
    if (failure) return <Ended problem={new Problem(failure.status, failure.code, 'The experiment failed', failure.detail)} view={now} />;
    return <Ended problem={new Problem(0, now.state, 'Cancelled', 'This experiment was cancelled before a cell of it was done. Ask for it again and it goes on.')} view={now} />;
  }
  return <Found view={now} place={place} />;
}

/** What one that was watched to its end took. */
function notePace(before: View | undefined, { state, report, cells, created }: View): void {
  const { design, model } = (report ?? {}) as Partial<Schemas['ExperimentReport']>;
  if (before?.state !== 'running' || state !== 'succeeded' || !design || !model) return;
  noteForwards(model.name, design.forwards * cells, (Date.now() - Date.parse(created)) / 1000);
}

/** By what its report is: contrasts, scores, a subject's card, or another study's. */
function Found({ view, place }: { view: View } & PageProps) {
  const report = view.report as Record<string, unknown>;
  if ('contrasts' in report) return <Findings view={view} place={place} />;
  if ('people' in report) return <EvaluationFindings view={view} place={place} />;
  if ('scores' in report) return <Subject name={String(report.name)} place={place} />;
  return <OtherFindings view={view} />;
}

function Ended({ problem, again, view }: { problem: Problem; again?: (() => void) | undefined; view?: View }) {
  const deleting = useSignal<Problem | undefined>(undefined);
  const take = (): void => {
    if (view) remove('/v1/experiments/{id}', { id: view.id }).then(() => go('experiments'), (error: unknown) => (deleting.value = Problem.from(error)));
  };
  return (
    <div class="column narrow">
      {view && <h1>{view.name || 'Experiment'}</h1>}
      <ProblemNote problem={problem} again={again} />
      {deleting.value && <ProblemNote problem={deleting.value} />}
      <div class="row">
        <a class="button" href="#/experiments">
          All experiments
        </a>
        {view && (
          <button class="button plain" onClick={take}>
            Delete it
          </button>
        )}
      </div>
    </div>
  );
}
