// An upload on its way: how far it is, and that it goes on by itself when the connection breaks.
import type { Sending } from '../api/upload';
import { Meter } from './controls';

interface Props {
  sending: Sending;
  /** What is done when all has gone. */
  then: string;
  stop?: () => void;
}

export function Uploading({ sending: { name, fraction, trouble }, then, stop }: Props) {
  return (
    <div class="stack" aria-live="polite">
      <Meter label={`Uploading ${name}`} fraction={fraction} />
      <div class="row spread">
        <span class="small soft">{fraction < 1 ? `Uploading ${name}: ${Math.round(100 * fraction)} %` : then}</span>
        {stop && (
          <button class="button" onClick={stop}>
            Cancel
          </button>
        )}
      </div>
      {trouble && <p class="note">{trouble.status === 503 ? `${trouble.message}. Trying again …` : 'Connection lost, trying again …'}</p>}
    </div>
  );
}
