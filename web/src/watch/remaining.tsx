// What of a prediction that is watched already is still to come: how far it is, the time that is left, and a way to stop it.
import { ProblemNote } from '../components/problem';
import { UnderWay } from '../components/under_way';
import type { Followed } from './followed';
import { Connection } from './progress';
import type { Session } from './session';
import { fraction, left } from './stages';

export function Remaining({ followed, session }: { followed: Followed; session: Session }) {
  const { view, done, rows } = session;
  return (
    <div class="remaining stack">
      <UnderWay label="Predicting" fraction={fraction(view.progress)} said={`${done.value} of ${rows} seconds are predicted. ${left(view)}`} stop={followed.stopping.value ? undefined : () => void followed.cancel()} />
      <Connection followed={followed} />
      {followed.refusal.value && <ProblemNote problem={followed.refusal.value} />}
    </div>
  );
}
