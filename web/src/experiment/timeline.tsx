// A design as it will be shown: a row for each run, a mark for each trial, a shade for every other window.
import type { Schemas } from '../api/client';

type Preview = Schemas['Preview'];

/** More runs are counted and not drawn. */
const DRAWN = 6;
const HEIGHT = 10;

export function Timeline({ design, conditions }: { design: Preview; conditions: readonly string[] }) {
  const longest = Math.max(...design.runs.map(({ length_s }) => length_s), 1);
  const place = (seconds: number): number => (1000 * seconds) / longest;
  return (
    <figure class="timeline">
      <ul class="keys" aria-label="Conditions">
        {conditions.map((name, index) => (
          <li key={name} class={`condition-${index % 6}`}>
            {name}
          </li>
        ))}
      </ul>
      {design.runs.slice(0, DRAWN).map((run, number) => (
        <svg key={number} viewBox={`0 0 1000 ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`Run ${number + 1}: ${run.trials.length} trials in ${Math.round(run.length_s)} s`}>
          {run.windows_s.map((begin, index) => (
            <rect key={begin} class={index % 2 === 0 ? 'window' : 'window other'} x={place(begin)} y={0} width={Math.max(0, place((run.windows_s[index + 1] ?? run.length_s) - begin))} height={HEIGHT} />
          ))}
          {run.trials.map(({ condition, onset_s, duration_s }) => (
            <rect key={onset_s} class={`condition-${conditions.indexOf(condition) % 6}`} x={place(onset_s)} y={1.5} width={Math.max(1.5, place(duration_s))} height={HEIGHT - 3} />
          ))}
        </svg>
      ))}
      <figcaption class="tiny soft">
        0 to {duration(longest)}; each row a run{design.runs.length > DRAWN && ` (${design.runs.length - DRAWN} more are not drawn)`}, shades are the model’s windows.
      </figcaption>
    </figure>
  );
}

/** `58 s`, `6 min 5 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 90) return `${whole} s`;
  return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ''}`;
}
