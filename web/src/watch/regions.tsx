// The regions of a second as a table with bars: what the canvas shows, as text. A click outlines a region on the cortex.
import { useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Anatomy } from '../anatomy';
import { aligned } from '../components/colour_bar';
import { SIDES, SIDE_NAMES } from '../cortex/geometry';
import { writePin } from './pins';
import type { Rows } from './rows';
import type { Session } from './session';

interface Summary {
  mean: number;
  /** Standard deviation over vertices. */
  spread: number;
}

interface Props {
  session: Session;
  anatomy: Anatomy;
  rows: Rows;
}

export function Regions({ session, anatomy, rows }: Props) {
  const { row, region, scale, pins } = session;
  const values = useComputed(() => rows.at(row.value)).value;
  const regions = useMemo(
    () =>
      anatomy.regions.map(({ name, long_name, vertices }) => ({
        name,
        longName: long_name,
        sides: SIDES.map((side) => values && summary(values, vertices[side], side * anatomy.geometry.vertices)),
      })),
    [anatomy, values],
  );
  const limit = scale.value?.limit ?? 1;
  return (
    <section class="regions" aria-label="Regions">
      <div class="row spread">
        <h2>Regions</h2>
        <span class="tiny soft">mean ± spread over vertices (spatial)</span>
      </div>
      <div class="scroll" tabIndex={0} role="group" aria-label="Table of regions">
        <table>
          <thead>
            <tr>
              <th scope="col">Region</th>
              {SIDE_NAMES.map((side) => (
                <th key={side} scope="col">
                  {side}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {regions.map(({ name, longName, sides }) => (
              <tr key={name} class={name === region.value ? 'chosen' : undefined}>
                <th scope="row">
                  <button title={longName} aria-pressed={name === region.value} onClick={() => (region.value = name === region.value ? undefined : name)}>
                    {name}
                  </button>
                </th>
                {sides.map((found, side) => (
                  <td key={side}>
                    <Bar
                      found={found}
                      limit={limit}
                      side={SIDE_NAMES[side]}
                      name={name}
                      pin={() => {
                        const pin = { kind: 'region', name, side: SIDES[side] } as const;
                        if (pins.value.every((known) => writePin(known) !== writePin(pin))) pins.value = [...pins.value, pin];
                      }}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** Half the width of a bar's ground, in the units of its drawing. */
const HALF = 50;

function Bar({ found, limit, side, name, pin }: { found: Summary | undefined; limit: number; side: string; name: string; pin(): void }) {
  if (!found) return <span class="soft">–</span>;
  const place = (value: number): number => HALF * Math.max(-1, Math.min(1, value / limit));
  const [end, low, high] = [place(found.mean), place(found.mean - found.spread), place(found.mean + found.spread)];
  return (
    <button class="bar" aria-label={`${name}, ${side}: ${aligned(found.mean, limit)}; pin its time course`} onClick={pin}>
      <svg viewBox={`${-HALF} 0 ${2 * HALF} 12`} preserveAspectRatio="none" aria-hidden="true" class={side}>
        <rect x={Math.min(0, end)} y={2} width={Math.abs(end)} height={8} />
        <path class="spread" d={`M${low} 6H${high}`} />
        <path class="zero" d="M0 0V12" />
      </svg>
      <span>{aligned(found.mean, limit)}</span>
    </button>
  );
}

function summary(values: Float32Array, vertices: readonly number[], first: number): Summary | undefined {
  if (vertices.length === 0) return undefined;
  let [sum, squares] = [0, 0];
  for (const vertex of vertices) {
    const value = values[first + vertex];
    sum += value;
    squares += value * value;
  }
  const mean = sum / vertices.length;
  return { mean, spread: Math.sqrt(Math.max(0, squares / vertices.length - mean * mean)) };
}
