// One prediction: how it advances, why it failed, or the stimulus and the cortex under one cursor.
import { useEffect, useMemo } from 'preact/hooks';
import { Problem } from '../api/client';
import { ProblemNote } from '../components/problem';
import { History } from '../predict/history';
import type { PageProps } from '../pages';
import { Followed } from './followed';
import { Progress } from './progress';
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
  const followed = useMemo(() => new Followed(id), [id]);
  useEffect(() => () => followed.close(), [followed]);
  const { value: now } = followed.view;
  const { value: problem } = followed.problem;
  if (problem) return <Refused problem={problem} again={problem.status === 404 ? undefined : () => void followed.load()} />;
  if (!now) return <div class="column soft">Asking the server …</div>;
  if (now.state === 'cancelled') return <Refused problem={new Problem(0, 'cancelled', 'Cancelled', 'This prediction was cancelled. Ask for it again and it begins anew.')} />;
  if (now.failure) return <Refused problem={new Problem(now.failure.status, now.failure.code, 'The prediction failed', now.failure.detail)} />;
  const known = now.result ?? now.under_way;
  return known ? <Viewer followed={followed} view={now} result={known} place={place} /> : <Progress followed={followed} view={now} />;
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
