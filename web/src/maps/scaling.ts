// How values become colours, as a viewer chose it or as their range has it. It is in the address, under names that begin with a prefix.
import { signal } from '@preact/signals';
import { isSigned, MAPS, percentile, type MapName, type Scale } from '../cortex/scale';
import { finite } from '../router';

/** The range of colours ends at this share of the absolute values. */
const WITHIN = 0.99;

/** How values of a kind are usually seen. */
export interface Usual {
  map: MapName;
  /** The least limit, so that noise is not stretched over all colours. */
  least?: number;
  /** What is left undrawn, given the limit. */
  threshold(limit: number): number;
}

export class Scaling {
  /** Unknown until there are values. */
  readonly scale = signal<Scale | undefined>(undefined);
  /** The 99th percentile of the absolute values. */
  readonly range = signal(1);
  private readonly asked: Partial<Scale>;

  constructor(
    query: URLSearchParams,
    private readonly prefix = '',
  ) {
    const map = MAPS.find((known) => known === query.get(`${prefix}map`));
    const [threshold, limit] = [finite(query.get(`${prefix}threshold`)), finite(query.get(`${prefix}limit`))];
    this.asked = { ...(map && { map }), ...(threshold !== undefined && { threshold }), ...(limit && limit > 0 && { limit }) };
  }

  /** Takes the range of new values. The first ones are seen as the address says. */
  setValues(values: Float32Array, { map, least = 0, threshold }: Usual): void {
    const reached = percentile(values.filter((value) => !Number.isNaN(value)), WITHIN);
    const limit = rounded(Math.max(reached, least) || 1);
    this.range.value = limit;
    const before = this.scale.value;
    const kept = before && isSigned(before.map) === isSigned(map) ? before.map : map;
    this.scale.value = { map: kept, limit, threshold: Math.min(limit, rounded(threshold(limit))), ...(before ? {} : this.asked) };
  }

  settings(): Record<string, string | undefined> {
    const { map, threshold, limit } = this.scale.value ?? {};
    const { prefix } = this;
    return { [`${prefix}map`]: map, [`${prefix}threshold`]: threshold?.toString(), [`${prefix}limit`]: limit?.toString() };
  }
}

/** To two digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(2));
}
