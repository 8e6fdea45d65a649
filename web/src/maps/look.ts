// How a map is looked at: camera, colours, the region that is outlined. All of it is in the address.
import { signal, type Signal } from '@preact/signals';
import { CAMERA, LAYOUTS, type Camera } from '../cortex/camera';
import { isSigned, MAPS, percentile, type MapName, type Scale } from '../cortex/scale';

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

export class Look {
  readonly camera: Signal<Camera>;
  readonly region: Signal<string | undefined>;
  /** Unknown until there are values. */
  readonly scale = signal<Scale | undefined>(undefined);
  /** The 99th percentile of the absolute values. */
  readonly range = signal(1);
  private readonly asked: Partial<Scale>;

  constructor(query: URLSearchParams) {
    const number = (name: string, otherwise: number): number => finite(query.get(name)) ?? otherwise;
    this.camera = signal({
      layout: LAYOUTS.find((layout) => layout === query.get('view')) ?? CAMERA.layout,
      turn: number('turn', CAMERA.turn),
      tilt: number('tilt', CAMERA.tilt),
      zoom: number('zoom', CAMERA.zoom),
      inflation: Math.min(1, Math.max(0, number('inflation', CAMERA.inflation))),
    });
    this.region = signal(query.get('region') ?? undefined);
    const map = MAPS.find((known) => known === query.get('map'));
    const [threshold, limit] = [finite(query.get('threshold')), finite(query.get('limit'))];
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
    const { layout, turn, tilt, zoom, inflation } = this.camera.value;
    const unless = (usual: number, value: number): string | undefined => (Math.abs(value - usual) < 5e-3 ? undefined : String(Number(value.toFixed(2))));
    return {
      view: layout === CAMERA.layout ? undefined : layout,
      turn: unless(0, turn),
      tilt: unless(0, tilt),
      zoom: unless(1, zoom),
      inflation: unless(CAMERA.inflation, inflation),
      region: this.region.value,
      map: this.scale.value?.map,
      threshold: this.scale.value && String(this.scale.value.threshold),
      limit: this.scale.value && String(this.scale.value.limit),
    };
  }
}

/** To two digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(2));
}

function finite(text: string | null): number | undefined {
  const value = Number(text ?? NaN);
  return text && Number.isFinite(value) ? value : undefined;
}
