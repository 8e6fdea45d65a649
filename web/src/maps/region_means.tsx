// The mean of a map in every built-in region, both hemispheres: what the canvas shows, as text.
import { useMemo } from 'preact/hooks';
import type { Anatomy } from '../anatomy';
import { aligned } from '../components/colour_bar';
import { SIDES, SIDE_NAMES, type Side } from '../cortex/geometry';
import type { Look } from './look';

/** The mean of a built-in region in one hemisphere, over vertices that have a value; undefined where there is none. */
export function regionMean(values: Float32Array | undefined, { regions, geometry }: Anatomy, name: string, side: Side): number | undefined {
  const vertices = regions.find((region) => region.name === name)?.vertices[side] ?? [];
  const known = values ? vertices.map((vertex) => values[side * geometry.vertices + vertex]).filter((value) => !Number.isNaN(value)) : [];
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Tables of means need fewer decimals than single values. */
export const COARSER = 3;

/** A mean with a bar from the middle, as long as it is of the limit. */
export function HemisphereMean({ mean, side, limit }: { mean: number | undefined; side: Side; limit: number }) {
  if (mean === undefined) return <span class="soft">–</span>;
  const end = 50 * Math.max(-1, Math.min(1, mean / limit));
  return (
    <span class={`hemisphere ${SIDE_NAMES[side]}`}>
      <svg viewBox="-50 0 100 12" preserveAspectRatio="none" aria-hidden="true">
        <rect x={Math.min(0, end)} y={2} width={Math.abs(end)} height={8} />
        <path class="zero" d="M0 0V12" />
      </svg>
      {aligned(mean, COARSER * limit)}
    </span>
  );
}

interface Props {
  title?: string;
  anatomy: Anatomy;
  look: Look;
  values: Float32Array | undefined;
  /** Regions that are told of elsewhere. */
  except?: readonly string[];
}

export function RegionMeans({ title, anatomy, look, values, except = [] }: Props) {
  const { region } = look;
  const limit = look.scale.value?.limit ?? 1;
  const rows = useMemo(
    () =>
      anatomy.regions
        .filter(({ name }) => !except.includes(name))
        .map(({ name, long_name }) => ({ name, longName: long_name, means: SIDES.map((side) => regionMean(values, anatomy, name, side)) }))
        .sort((one, other) => Math.max(...other.means.map(orNone)) - Math.max(...one.means.map(orNone))),
    [anatomy, values, except.join()],
  );
  if (rows.length === 0) return null;
  const table = (
    <div class="scroll" tabIndex={0} role="group" aria-label={title ?? 'Table of regions'}>
      <table class="found means">
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
          {rows.map(({ name, longName, means }) => (
            <tr key={name} class={name === region.value ? 'chosen' : undefined}>
              <th scope="row">
                <button title={longName} aria-pressed={name === region.value} onClick={() => (region.value = name === region.value ? undefined : name)}>
                  {name}
                </button>
              </th>
              {SIDES.map((side) => (
                <td key={side}>
                  <HemisphereMean mean={means[side]} side={side} limit={limit} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
  return title ? (
    <>
      <h3>{title}</h3>
      {table}
    </>
  ) : (
    table
  );
}

function orNone(mean: number | undefined): number {
  return mean ?? -Infinity;
}
