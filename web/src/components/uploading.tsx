// An upload on its way: how far it is, and that it goes on by itself when the connection breaks.
import type { Sending } from '../api/upload';
import { UnderWay } from './under_way';

interface Props {
  sending: Sending;
  /** What is done when all has gone. */
  then: string;
  stop?: () => void;
}

export function Uploading({ sending: { name, fraction, trouble }, then, stop }: Props) {
  const label = `Uploading ${name}`;
  return (
    <div class="stack">
      <UnderWay {...{ label, fraction, stop }} said={fraction < 1 ? `${label}: ${Math.round(100 * fraction)} %` : then} />
      {trouble && <p class="note">{trouble.status === 503 ? `${trouble.message}. Trying again …` : 'Connection lost, trying again …'}</p>}
    </div>
  );
}
