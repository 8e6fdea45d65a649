// The regions of a contrast as the report has them, and both hemispheres of the map that is drawn. Those where people show it are
// marked. It is also what the canvas shows, as text.
import { useMemo } from 'preact/hooks';
import type { Anatomy } from '../anatomy';
import type { Schemas } from '../api/client';
import { aligned, digits } from '../components/colour_bar';
import { SIDES, SIDE_NAMES } from '../cortex/geometry';
import type { Look } from '../maps/look';
import { COARSER, HemisphereMean, regionMean } from '../maps/region_means';
import type { ContrastReport } from './contrast_map';

type Row = Schemas['RegionRow'];
type Expected = Schemas['ExpectedRegion'];

interface Props {
  contrast: ContrastReport;
  expected: readonly Expected[];
  anatomy: Anatomy;
  look: Look;
  /** What is drawn, before anything of it is left out. */
  values: Float32Array | undefined;
  /** What the map's values are called. */
  statistic: string;
}

export function RegionTable({ contrast, expected, anatomy, look, values, statistic }: Props) {
  const { region } = look;
  const limit = look.scale.value?.limit ?? 1;
  const rows = useMemo(() => [...contrast.regions].sort((one, other) => other.mean - one.mean), [contrast]);
  const largest = Math.max(...rows.map(({ mean }) => Math.abs(mean)), 0);
  if (rows.length === 0) return <p class="soft small">The experiment asked for no regions.</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Table of regions">
      <table class="found">
        <thead>
          <tr>
            <th scope="col">Region</th>
            {SIDE_NAMES.map((side) => (
              <th key={side} scope="col" title={`Mean ${statistic} over the vertices of the ${side} hemisphere, of the map that is drawn`}>
                {side}
              </th>
            ))}
            <th scope="col" title="Mean effect over both hemispheres">
              effect
            </th>
            <th scope="col" title="Of the region’s mean, over stimuli">
              t<sub>{contrast.regions[0]?.degrees_of_freedom ? digits(contrast.regions[0].degrees_of_freedom) : ''}</sub>
            </th>
            <th scope="col" title="Of both tails, over stimuli; not corrected for the number of regions">
              p
            </th>
            <th scope="col" title="The share of random patches of the region’s size that have a larger mean effect">
              larger
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const awaited = expected.find((one) => one.region === row.region);
            return (
              <tr key={row.region} data-region={row.region} class={row.region === region.value ? 'chosen' : undefined}>
                <th scope="row">
                  <button aria-pressed={row.region === region.value} onClick={() => (region.value = row.region === region.value ? undefined : row.region)}>
                    {row.region}
                    {awaited && (
                      <span class="expected" title={`Expected, ${awaited.hemisphere === 'both' ? 'on both sides' : `larger on the ${awaited.hemisphere}`}: ${awaited.citation}`}>
                        expected{awaited.hemisphere !== 'both' && ` ${awaited.hemisphere}`}
                      </span>
                    )}
                  </button>
                </th>
                {SIDES.map((side) => (
                  <td key={side}>
                    <HemisphereMean mean={regionMean(values, anatomy, row.region, side)} side={side} limit={limit} />
                  </td>
                ))}
                <td data-mean={row.mean}>{aligned(row.mean, COARSER * largest)}</td>
                <td data-t={row.t} title={degrees(row)}>
                  {row.t === null || row.t === undefined ? '–' : row.t.toFixed(2).replace('-', '−')}
                </td>
                <td data-p={row.p}>{probability(row.p)}</td>
                <td data-larger={row.patches_larger}>{share(row.patches_larger)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function degrees({ degrees_of_freedom }: Row): string {
  return degrees_of_freedom ? `${digits(degrees_of_freedom)} degrees of freedom, over stimuli` : 'not tested';
}

export function probability(p: number | null | undefined): string {
  if (p === null || p === undefined) return '–';
  return p < 0.001 ? '< .001' : p.toFixed(3).replace(/^0/, '');
}

function share(larger: number | null | undefined): string {
  if (larger === null || larger === undefined) return '–';
  return larger < 0.01 ? '< 1 %' : `${Math.round(100 * larger)} %`;
}
