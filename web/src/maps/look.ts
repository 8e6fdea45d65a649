// How a map is looked at: camera, colours, the region that is outlined. All of it is in the address.
import { signal, type Signal } from '@preact/signals';
import { CAMERA, LAYOUTS, type Camera } from '../cortex/camera';
import { MAPS, percentile, type MapName, type Scale } from '../cortex/scale';

/** The range of colours ends at this share of the absolute values. */
const WITHIN = 0.99;

export class Look {
  readonly camera: Signal<Camera>;
  readonly region: Signal<string | undefined>;
  /** Unknown until there are values. */
  readonly scale = signal<Scale | undefined>(undefined);
  /** The 99th percentile of the absolute values. */
  readonly range = signal(1);
  private readonly asked: Partial<Scale>;

  constructor(
    query: URLSearchParams,
    private readonly usual: { map: MapName; threshold: number },
  ) {
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

  /** Takes the range of new values; the first ones are seen as the address says. */
  setValues(values: Float32Array): void {
    const limit = Number((percentile(values.filter((value) => !Number.isNaN(value)), WITHIN) || 1).toPrecision(2));
    this.range.value = limit;
    const { map, threshold } = { map: this.scale.value?.map ?? this.usual.map, threshold: Number((this.usual.threshold * limit).toPrecision(2)) };
    this.scale.value = { map, limit, threshold, ...(this.scale.value ? {} : this.asked) };
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

function finite(text: string | null): number | undefined {
  const value = Number(text ?? NaN);
  return text && Number.isFinite(value) ? value : undefined;
}
