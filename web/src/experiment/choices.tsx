// Which map of an experiment is drawn, and what n is.
import { Segments } from '../components/controls';
import { CHANCES, RATE, STATISTICS, type Chance, type ContrastMap, type ContrastReport, type Report } from './contrast_map';

const CHANCE_NAMES: Record<Chance, string> = { all: 'all vertices', q: `q < ${RATE} (FDR)`, pfwe: `p < ${RATE}, corrected by permutation` };

export function Choices({ report, contrast, map, cells }: { report: Report; contrast: ContrastReport; map: ContrastMap; cells: number }) {
  const subjects = [...new Set(report.contrasts.map(({ subject }) => subject))];
  const names = report.contrasts.filter(({ subject }) => subject === contrast.subject).map(({ name }) => name);
  const chances = CHANCES.filter((chance) => chance !== 'pfwe' || contrast.permutations);
  const choice = (label: string, options: readonly string[], value: string, change: (value: string) => void) => (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => change(currentTarget.value)}>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
  return (
    <div class="stack">
      {names.length > 1 && choice('Contrast', names, contrast.name, (name) => (map.contrast.value = name))}
      {subjects.length > 1 && choice('Subject', subjects, contrast.subject, (name) => (map.subject.value = name))}
      {cells > 1 && choice('Cell of the grid', Array.from({ length: cells }, (_, cell) => String(cell)), String(map.cell.value), (cell) => (map.cell.value = Number(cell)))}
      <p class="weights mono tiny">{weights(contrast)}</p>
      {contrast.tested ? (
        <>
          <Segments label="Statistic" options={STATISTICS.map((name) => [name, name] as const)} value={map.statisticOf(contrast)} change={(chosen) => (map.statistic.value = chosen)} />
          <label class="field">
            <span>Drawn are</span>
            <select aria-label="Drawn vertices" value={map.chanceOf(contrast)} onChange={({ currentTarget }) => (map.chance.value = currentTarget.value as Chance)}>
              {chances.map((chance) => (
                <option key={chance} value={chance}>
                  {CHANCE_NAMES[chance]}
                </option>
              ))}
            </select>
          </label>
        </>
      ) : (
        <p class="note">Nothing was tested: a condition has one stimulus. The effect is all there is.</p>
      )}
    </div>
  );
}

export function Counted({ contrast, report }: { contrast: ContrastReport; report: Report }) {
  return (
    <p class="counted small soft">
      <strong>n = {counts(contrast)}.</strong> {report.unit}
    </p>
  );
}

/** `40 sentences, 40 word_lists`: different stimuli. */
export function counts({ n }: ContrastReport): string {
  return Object.entries(n)
    .map(([condition, stimuli]) => `${stimuli} ${condition}`)
    .join(', ');
}

function weights({ weights }: ContrastReport): string {
  const terms = Object.entries(weights).filter(([, weight]) => weight !== 0);
  const one = (weight: number): string => (Math.abs(weight) === 1 ? '' : `${Number(Math.abs(weight).toFixed(3))} `);
  return terms
    .sort(([, one], [, other]) => other - one)
    .map(([condition, weight], place) => `${weight < 0 ? (place ? ' − ' : '−') : place ? ' + ' : ''}${one(weight)}${condition}`)
    .join('');
}

/** What is to be said beside a map, of what passes. */
export function significance({ tested, significant_vertices }: ContrastReport, chance: Chance): string | undefined {
  if (!tested || significant_vertices === null || significant_vertices === undefined) return undefined;
  if (significant_vertices === 0) return `No vertex passes the false discovery rate${chance === 'all' ? '; what is drawn may be chance' : ''}.`;
  const counted = `${significant_vertices.toLocaleString('en')} vertices pass the false discovery rate over stimuli`;
  return chance === 'all' ? `${counted}; others are drawn too.` : `${counted}.`;
}
