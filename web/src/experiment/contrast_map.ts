// Which map of an experiment is looked at, and what of it is drawn.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { address, type Schemas } from '../api/client';
import { Comparison, difference } from '../maps/comparison';
import { Look } from '../maps/look';
import type { StillMap } from '../maps/map_view';
import { Outlines } from '../maps/outlines';
import { fetchValues } from '../maps/values';
import { locate, type Located } from './other_contrasts';

export type Report = Schemas['ExperimentReport'];
export type ContrastReport = Schemas['ContrastReport'];

export const STATISTICS = ['effect', 't', 'z'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** Which vertices are drawn: all, or those where chance is unlikely. */
export const CHANCES = ['all', 'q', 'pfwe'] as const;
export type Chance = (typeof CHANCES)[number];
export const RATE = 0.05;

export const UNITS: Record<Statistic, string> = { effect: 'difference of predicted BOLD (arbitrary units)', t: 't', z: 'z' };

/** A difference of statistics has no distribution of its own. */
export const DIFFERENCE_UNITS: Record<Statistic, string> = {
  effect: 'difference of two effects (arbitrary units)',
  t: 'difference of two t, which is no t',
  z: 'difference of two z, which is no z',
};

/** Of an effect's range so much is not drawn. */
const UNDRAWN = 0.25;
/** Of t and z what is nearer to zero is not drawn, and colours reach so far at least: less is noise. */
const NOISE = { threshold: 2, limit: 4 };

interface Fetched {
  values: Float32Array;
  /** What `values` are masked by. */
  probabilities: Float32Array | undefined;
}

export class ContrastMap {
  readonly look: Look;
  readonly outlines: Outlines;
  readonly comparison: Comparison;
  /** The contrast that it is compared with, and its map. */
  readonly other = signal<StillMap | undefined>(undefined);
  readonly cell: Signal<number>;
  readonly subject: Signal<string | undefined>;
  readonly contrast: Signal<string | undefined>;
  readonly statistic: Signal<Statistic>;
  readonly chance: Signal<Chance | undefined>;
  /** The map itself, and the probabilities that it is masked by. */
  readonly values = signal<Float32Array | undefined>(undefined);
  readonly probabilities = signal<Float32Array | undefined>(undefined);
  /** The map with 0 at vertices that are not drawn. */
  readonly drawn: ReadonlySignal<Float32Array | undefined>;

  constructor(
    readonly experiment: string,
    query: URLSearchParams,
  ) {
    this.look = new Look(query);
    this.outlines = new Outlines(query);
    this.comparison = new Comparison(query);
    this.cell = signal(Math.max(0, Math.floor(Number(query.get('cell')) || 0)));
    this.subject = signal(query.get('subject') ?? undefined);
    this.contrast = signal(query.get('contrast') ?? undefined);
    this.statistic = signal(STATISTICS.find((known) => known === query.get('statistic')) ?? 'effect');
    this.chance = signal(CHANCES.find((known) => known === query.get('drawn')));
    this.drawn = computed(() => masked(this.values.value, this.probabilities.value));
  }

  /** The contrast that is looked at; the first where none is chosen. */
  of({ contrasts }: Report): ContrastReport | undefined {
    const own = contrasts.filter(({ subject }) => subject === (this.subject.value ?? contrasts[0]?.subject));
    return own.find(({ name }) => name === this.contrast.value) ?? own[0];
  }

  /** The effect is all there is where nothing was tested. */
  statisticOf({ tested }: ContrastReport): Statistic {
    return tested ? this.statistic.value : 'effect';
  }

  /** Where nothing is chosen, those that pass, if there are any. */
  chanceOf({ tested, significant_vertices, permutations }: ContrastReport): Chance {
    if (!tested) return 'all';
    const chosen = this.chance.value ?? (significant_vertices ? 'q' : 'all');
    return chosen === 'pfwe' && !permutations ? 'q' : chosen;
  }

  /** Fetches the map of the contrast that is compared, and the range of the difference. */
  async loadOther(report: Report, shown: ContrastReport): Promise<void> {
    const own = this.located(shown);
    const other = await locate(this.comparison.other.value ?? '', report, own);
    const { contrast } = other;
    const { values, probabilities } = await this.fetch(other);
    const experiment = other.experiment === own.experiment ? '' : `, experiment ${other.experiment.slice(0, 7)}`;
    const title = `${contrast.name} (${this.statisticOf(contrast)}), ${contrast.subject}${experiment}`;
    this.other.value = { title, values: masked(values, probabilities), read: values };
    const left = difference(this.values.value, values);
    if (left) this.comparison.setRange(left);
  }

  async load(contrast: ContrastReport): Promise<void> {
    const statistic = this.statisticOf(contrast);
    const { values, probabilities } = await this.fetch(this.located(contrast));
    const passing = probabilities && weakest(values, probabilities);
    const threshold = (limit: number): number => (statistic === 'effect' ? UNDRAWN * limit : (passing ?? NOISE.threshold));
    this.look.setValues(values, { map: 'red-blue', least: statistic === 'effect' ? 0 : NOISE.limit, threshold });
    this.values.value = values;
    this.probabilities.value = probabilities;
  }

  private located(contrast: ContrastReport): Located {
    return { experiment: this.experiment, cell: this.cell.value, contrast };
  }

  private async fetch({ experiment, cell, contrast }: Located): Promise<Fetched> {
    const [statistic, chance] = [this.statisticOf(contrast), this.chanceOf(contrast)];
    const map = (of: string): Promise<Float32Array> =>
      fetchValues(address('/v1/experiments/{id}/cells/{cell}/map', { id: experiment, cell, map: `${contrast.name} (${of})`, subject: contrast.subject }));
    const [values, probabilities] = await Promise.all([map(statistic), chance === 'all' ? undefined : map(chance)]);
    return { values, probabilities };
  }

  settings(): Record<string, string | undefined> {
    return {
      cell: this.cell.value ? String(this.cell.value) : undefined,
      subject: this.subject.value,
      contrast: this.contrast.value,
      statistic: this.statistic.value === 'effect' ? undefined : this.statistic.value,
      drawn: this.chance.value,
      ...this.look.settings(),
      ...this.outlines.settings(),
      ...this.comparison.settings(),
    };
  }
}

/** The least absolute value that passes: what is nearer to zero is chance. Undefined where none does. */
function weakest(values: Float32Array, probabilities: Float32Array): number | undefined {
  const passing = values.filter((_, vertex) => probabilities[vertex] < RATE).map(Math.abs);
  return passing.length === 0 ? undefined : 0.99 * passing.reduce((least, value) => Math.min(least, value));
}

function masked(values: Float32Array | undefined, probabilities: Float32Array | undefined): Float32Array | undefined {
  return values && probabilities ? values.map((value, vertex) => (probabilities[vertex] < RATE ? value : 0)) : values;
}
