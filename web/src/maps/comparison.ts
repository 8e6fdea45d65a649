// Whether something is seen alone, beside another of its kind, or as the difference of the two. All of it is in the address.
import { signal, type Signal } from '@preact/signals';
import { Scaling } from './scaling';

export const WAYS = ['one', 'beside', 'difference'] as const;
export type Way = (typeof WAYS)[number];

/** Of the range of a difference so much is not drawn. */
const UNDRAWN = 0.25;

export class Comparison {
  readonly way: Signal<Way>;
  /** What it is compared with, by the name that its page gives it. */
  readonly other: Signal<string | undefined>;
  /** Of the difference. */
  readonly scaling: Scaling;

  constructor(query: URLSearchParams) {
    this.way = signal(WAYS.find((way) => way === query.get('compare')) ?? 'one');
    this.other = signal(query.get('with') ?? undefined);
    this.scaling = new Scaling(query, 'difference-');
  }

  /** Takes the range of the difference from some of its values. */
  setRange(values: Float32Array): void {
    this.scaling.setValues(values, { map: 'red-blue', threshold: (limit) => UNDRAWN * limit });
  }

  settings(): Record<string, string | undefined> {
    if (this.way.value === 'one') return {};
    return { compare: this.way.value, with: this.other.value, ...(this.way.value === 'difference' && this.scaling.settings()) };
  }
}

/** The first less the second; undefined unless both are there. NaN stays. */
export function difference(values: Float32Array | undefined, less: Float32Array | undefined): Float32Array | undefined {
  return values && less && values.map((value, place) => value - less[place]);
}
