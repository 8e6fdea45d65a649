// Work that goes on, how far it is, and how to stop it.
import { Meter } from './controls';

interface Props {
  /** What is done, for those who do not see the meter. */
  label: string;
  fraction: number;
  said: string;
  stop?: (() => void) | undefined;
}

export function UnderWay({ label, fraction, said, stop }: Props) {
  return (
    <div class="stack" aria-live="polite">
      <Meter label={label} fraction={fraction} />
      <div class="row spread">
        <span class="small soft">{said}</span>
        {stop && (
          <button class="button" onClick={stop}>
            Cancel
          </button>
        )}
      </div>
    </div>
  );
}
