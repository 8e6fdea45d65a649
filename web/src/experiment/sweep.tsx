// The cells of a grid together: lines where one field varies, a heat map where two do. A click shows the maps of a cell.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Problem } from '../api/client';
import { digits } from '../components/colour_bar';
import { Section, Segments } from '../components/controls';
import { ProblemNote } from '../components/problem';
import { colour } from '../cortex/scale';
import { fetchSweep, MEASURES, type Measure, type SweepRow, type SweepTable } from './sweep_table';

const MEASURE_NAMES: Record<Measure, string> = { mean: 'effect', t: 't', lateralization: 'lateralization' };
/** More regions are in the table and not drawn. */
const LINES = 6;

interface Props {
  experiment: string;
  contrast: string;
  subject: string;
  region: string | undefined;
  cell: number;
  choose(cell: number): void;
}

export function Sweep({ experiment, contrast, subject, region, cell, choose }: Props) {
  const table = useSignal<SweepTable | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const measure = useSignal<Measure>('mean');
  useEffect(() => {
    fetchSweep(experiment).then(
      (found) => (table.value = found),
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  }, [experiment]);
  const rows = (table.value?.rows ?? []).filter((row) => row.contrast === contrast && row.subject === subject);
  const regions = [...new Set(rows.map((row) => row.region))];
  const shown = region && regions.includes(region) ? region : regions[0];
  const fields = table.value?.fields ?? [];
  const drawn = { rows, measure: measure.value, cell, choose };
  return (
    <Section
      title={fields.length > 0 ? `Over ${fields.join(' and ')}` : 'The grid'}
      beside={<Segments label="Measure" options={MEASURES.map((name) => [name, MEASURE_NAMES[name]] as const)} value={measure.value} change={(chosen) => (measure.value = chosen)} />}
    >
      {problem.value && <ProblemNote problem={problem.value} />}
      {table.value && rows.length === 0 && <p class="small soft">No cell with a table of regions is done.</p>}
      {rows.length > 0 && fields.length === 1 && <Lines {...drawn} field={fields[0]} regions={region && regions.includes(region) ? [region] : regions.slice(0, LINES)} />}
      {rows.length > 0 && fields.length === 2 && <HeatMap {...drawn} fields={[fields[0], fields[1]]} region={shown} />}
      {fields.length > 2 && <p class="small soft">More than two fields vary: the tables under Download have all of them.</p>}
    </Section>
  );
}

interface Drawn {
  rows: SweepRow[];
  measure: Measure;
  cell: number;
  choose(cell: number): void;
}

const WIDTH = 600;
const HEIGHT = 180;

function Lines({ rows, measure, cell, choose, field, regions }: Drawn & { field: string; regions: string[] }) {
  const values = [...new Set(rows.map(({ at }) => at[0]))];
  const measured = rows.filter((row) => regions.includes(row.region)).map((row) => row.measures[measure]).filter(Number.isFinite);
  const [low, high] = [Math.min(0, ...measured), Math.max(0, ...measured)];
  const x = (row: SweepRow): number => (values.length === 1 ? WIDTH / 2 : (WIDTH * values.indexOf(row.at[0])) / (values.length - 1));
  const y = (value: number): number => HEIGHT - (HEIGHT * (value - low)) / (high - low || 1);
  return (
    <figure class="lines">
      <ul class="keys">
        {regions.map((region, index) => (
          <li key={region} class={`condition-${index % 6}`}>
            {region}
          </li>
        ))}
      </ul>
      <div class="axes">
        <span>{digits(high)}</span>
        <span>{digits(low)}</span>
        <svg viewBox={`-8 -8 ${WIDTH + 16} ${HEIGHT + 16}`} role="img" aria-label={`${MEASURE_NAMES[measure]} of ${regions.join(', ')} over ${field}`}>
          <path class="zero" d={`M0 ${y(0)}H${WIDTH}`} />
          {regions.map((region, index) => {
            const line = rows.filter((row) => row.region === region && Number.isFinite(row.measures[measure]));
            return (
              <g key={region} class={`condition-${index % 6}`}>
                <path d={line.map((row, place) => `${place ? 'L' : 'M'}${x(row)} ${y(row.measures[measure])}`).join('')} />
                {line.map((row) => (
                  <circle key={row.cell} cx={x(row)} cy={y(row.measures[measure])} r={row.cell === cell ? 6 : 3.5} />
                ))}
              </g>
            );
          })}
        </svg>
      </div>
      <div class="places">
        {values.map((value) => {
          const at = rows.find((row) => row.at[0] === value)?.cell ?? 0;
          return (
            <button key={value} class="button plain tiny" aria-pressed={at === cell} onClick={() => choose(at)}>
              {value}
            </button>
          );
        })}
      </div>
      <figcaption class="tiny soft">{field}</figcaption>
    </figure>
  );
}

function HeatMap({ rows, measure, cell, choose, fields: [down, across], region }: Drawn & { fields: [string, string]; region: string | undefined }) {
  const own = rows.filter((row) => row.region === region);
  const [ups, overs] = [0, 1].map((axis) => [...new Set(own.map(({ at }) => at[axis]))]);
  const limit = Math.max(...own.map((row) => Math.abs(row.measures[measure])).filter(Number.isFinite), 1e-12);
  return (
    <div class="scroll">
      <table class="heat" aria-label={`${MEASURE_NAMES[measure]} of ${region} over ${down} and ${across}`}>
        <caption class="small soft">
          {MEASURE_NAMES[measure]} of {region}; another region by a click in the table above
        </caption>
        <thead>
          <tr>
            <th scope="col">
              {down} ↓ {across} →
            </th>
            {overs.map((over) => (
              <th key={over} scope="col">
                {over}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ups.map((up) => (
            <tr key={up}>
              <th scope="row">{up}</th>
              {overs.map((over) => {
                const row = own.find(({ at }) => at[0] === up && at[1] === over);
                return (
                  <td key={over}>
                    {row && (
                      <button class="cell" aria-pressed={row.cell === cell} style={tint(row.measures[measure], limit)} onClick={() => choose(row.cell)}>
                        {Number.isFinite(row.measures[measure]) ? digits(row.measures[measure]) : '–'}
                      </button>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A colour of the diverging map, and a text that stands out from it. */
function tint(value: number, limit: number): Record<string, string> {
  if (!Number.isFinite(value)) return {};
  const [red, green, blue] = colour(value, { map: 'red-blue', threshold: 0, limit });
  const isDark = 0.299 * red + 0.587 * green + 0.114 * blue < 140;
  return { background: `rgb(${red} ${green} ${blue})`, color: isDark ? '#fff' : '#12181f' };
}
