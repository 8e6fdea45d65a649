// What a viewer of one prediction has chosen, and where in time they are. All of it is in the address, so that a view can be
// sent to a colleague.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Schemas } from '../api/client';
import { CAMERA, LAYOUTS, type Camera } from '../cortex/camera';
import { MAPS, type Scale } from '../cortex/scale';
import type { Place } from '../router';
import { readPin, writePin, type Pin } from './pins';

export type View = Schemas['PredictionView'];
export type Result = Schemas['Prediction'];

/** Whether the cortex answers at once, or when a scanner would measure it. */
export type Axis = 'stimulus' | 'scanner';

/** How much of the range is left undrawn until it is chosen. */
const USUAL_THRESHOLD = 0.25;

export class Session {
  /** Seconds of the stimulus. */
  readonly time: Signal<number>;
  readonly playing = signal(false);
  readonly speed = signal(1);
  readonly subject: Signal<string>;
  readonly camera: Signal<Camera>;
  readonly axis: Signal<Axis>;
  /** Whether values between two seconds are interpolated. */
  readonly smooth: Signal<boolean>;
  readonly pins: Signal<Pin[]>;
  /** The region that is outlined. */
  readonly region: Signal<string | undefined>;
  /** Unknown until the range of the values is. */
  readonly scale = signal<Scale | undefined>(undefined);
  /** Length of the stimulus (s). */
  readonly duration: number;
  /** Rows in which something of the stimulus happens; those after them are the rest of the last window. */
  readonly rows: number;
  /** Rows that can be read: while it is predicted, those that are done. */
  readonly done: ReadonlySignal<number>;
  /** How far time can go by now (s). */
  readonly reach: ReadonlySignal<number>;
  /** The row that is shown; undefined before the scanner measures anything. */
  readonly row: ReadonlySignal<number | undefined>;

  private readonly told: Signal<{ view: View; result: Result }>;
  private readonly asked: Partial<Scale>;

  /** `result` is what is known of the response: all of it, or what it is going to be. */
  constructor(view: View, result: Result, { query }: Place) {
    this.told = signal({ view, result });
    this.rows = result.kept.lastIndexOf(true) + 1 || result.seconds;
    this.duration = this.rows * result.tr_s;
    const number = (name: string, usual: number): number => finite(query.get(name)) ?? usual;
    const subject = query.get('subject');
    const known = result.subjects.map(({ name }) => name);
    this.subject = signal(subject && known.includes(subject) ? subject : known[0]);
    this.camera = signal({
      layout: LAYOUTS.find((layout) => layout === query.get('view')) ?? CAMERA.layout,
      turn: number('turn', CAMERA.turn),
      tilt: number('tilt', CAMERA.tilt),
      zoom: number('zoom', CAMERA.zoom),
      inflation: Math.min(1, Math.max(0, number('inflation', CAMERA.inflation))),
    });
    this.axis = signal(query.get('axis') === 'scanner' ? 'scanner' : 'stimulus');
    this.done = computed(() => Math.min(this.rows, this.view.seconds_done));
    this.reach = computed(() => {
      const lag = this.axis.value === 'scanner' ? this.result.lag_s : 0;
      return this.isWhole ? this.duration : Math.min(this.duration, this.done.value * this.result.tr_s + lag);
    });
    this.time = signal(Math.min(Math.max(0, number('t', 0)), this.reach.peek()));
    this.smooth = signal(query.get('smooth') === '1');
    this.region = signal(query.get('region') ?? undefined);
    const places = result.vertices;
    this.pins = signal((query.get('pins') ?? '').split('~').flatMap((text) => readPin(text, places) ?? []));
    const [map, threshold, limit] = [MAPS.find((map) => map === query.get('map')), finite(query.get('threshold')), finite(query.get('limit'))];
    this.asked = { ...(map && { map }), ...(threshold !== undefined && { threshold }), ...(limit && limit > 0 && { limit }) };
    this.row = computed(() => this.rowAt(this.time.value));
  }

  get view(): View {
    return this.told.value.view;
  }

  get result(): Result {
    return this.told.value.result;
  }

  /** Whether all rows can be read. */
  get isWhole(): boolean {
    return this.done.value === this.rows;
  }

  /** Takes what the server says of the prediction by now. */
  learn(view: View, result: Result): void {
    if (this.told.peek().view !== view) this.told.value = { view, result };
  }

  /** Sets the scale from the range of the values, but for what the address says of it. */
  setRange(limit: number): void {
    const rounded = Number((limit || 1).toPrecision(2));
    this.scale.value = { map: 'fire', limit: rounded, threshold: Number((USUAL_THRESHOLD * rounded).toPrecision(2)), ...this.asked };
  }

  /** The row that answers to a second of the stimulus. */
  rowAt(time: number): number | undefined {
    const { tr_s, lag_s } = this.result;
    const since = this.axis.value === 'scanner' ? time - lag_s : time;
    const row = Math.min(Math.floor(since / tr_s + 1e-6), this.done.value - 1);
    return row < 0 ? undefined : row;
  }

  /** How far on from its row a time is, where values are interpolated. */
  between(): number {
    if (!this.smooth.value) return 0;
    const rows = this.time.value / this.result.tr_s;
    return rows - Math.floor(rows);
  }

  /** Everything but the time at which it began to play, for the address. */
  settings(): Record<string, string | undefined> {
    const { layout, turn, tilt, zoom, inflation } = this.camera.value;
    const scale = this.scale.value;
    const unless = (usual: number, value: number): string | undefined => (Math.abs(value - usual) < 5e-3 ? undefined : String(Number(value.toFixed(2))));
    return {
      t: unless(0, this.time.value),
      subject: this.result.subjects.length > 1 ? this.subject.value : undefined,
      view: layout === CAMERA.layout ? undefined : layout,
      turn: unless(0, turn),
      tilt: unless(0, tilt),
      zoom: unless(1, zoom),
      inflation: unless(CAMERA.inflation, inflation),
      axis: this.axis.value === 'scanner' ? 'scanner' : undefined,
      smooth: this.smooth.value ? '1' : undefined,
      region: this.region.value,
      map: scale?.map,
      threshold: scale && String(scale.threshold),
      limit: scale && String(scale.limit),
      pins: this.pins.value.length > 0 ? this.pins.value.map(writePin).join('~') : undefined,
    };
  }
}

function finite(text: string | null): number | undefined {
  const value = Number(text ?? NaN);
  return text && Number.isFinite(value) ? value : undefined;
}
