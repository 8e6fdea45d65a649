// How a map is looked at: camera, colours, the region that is outlined. All of it is in the address.
import { signal, type Signal } from '@preact/signals';
import { CAMERA, LAYOUTS, type Camera } from '../cortex/camera';
import type { Scale } from '../cortex/scale';
import { finite } from '../router';
import { Scaling, type Usual } from './scaling';

export class Look {
  readonly camera: Signal<Camera>;
  readonly region: Signal<string | undefined>;
  /** Unknown until there are values. */
  readonly scale: Signal<Scale | undefined>;
  /** The 99th percentile of the absolute values. */
  readonly range: Signal<number>;
  private readonly scaling: Scaling;

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
    this.scaling = new Scaling(query);
    this.scale = this.scaling.scale;
    this.range = this.scaling.range;
  }

  /** Takes the range of new values. The first ones are seen as the address says. */
  setValues(values: Float32Array, usual: Usual): void {
    this.scaling.setValues(values, usual);
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
      ...this.scaling.settings(),
    };
  }
}
