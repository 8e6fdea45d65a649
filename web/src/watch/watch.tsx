// One prediction: how it advances, why it failed, or the stimulus and the cortex under one cursor.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, Problem } from '../api/client';
import { ProblemNote } from '../components/problem';
import { History } from '../predict/history';
import type { PageProps } from '../pages';
import { Progress } from './progress';
import type { View } from './session';
import { Viewer } from './viewer';

export function Watch({ place }: PageProps) {
  const [, id] = place.path;
  if (!id) {
    return (
      <div class="column">
        <h1>Watch</h1>
        <History />
      </div>
    );
  }
  return <Prediction key={id} id={id} place={place} />;
}

function Prediction({ id, place }: { id: string } & PageProps) {
  const view = useSignal<View | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const load = (): void => {
    get('/v1/predictions/{id}', { id }).then(
      (found) => {
        view.value = found;
        problem.value = undefined;
      },
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  };
  useEffect(load, [id]);
  if (problem.value) return <Refused problem={problem.value} again={problem.value.status === 404 ? undefined : load} />;
  const now = view.value;
  if (!now) return <div class="column soft">Asking the server …</div>;
  if (now.state === 'queued' || now.state === 'running') return <Progress key={now.state} view={now} changed={load} />;
  if (now.state === 'cancelled') return <Refused problem={new Problem(0, 'cancelled', 'Cancelled', 'This prediction was cancelled. Ask for it again and it begins anew.')} />;
  if (now.failure) return <Refused problem={new Problem(now.failure.status, now.failure.code, 'The prediction failed', now.failure.detail)} />;
  return now.result ? <Viewer view={now} result={now.result} place={place} /> : <div class="column soft">Asking the server …</div>;
}

function Refused({ problem, again }: { problem: Problem; again?: (() => void) | undefined }) {
  return (
    <div class="column narrow">
      <ProblemNote problem={problem} again={again} />
      <p>
        <a href="#/">Predict something</a> or <a href="#/predictions">look at what is there</a>.
      </p>
    </div>
  );
}
