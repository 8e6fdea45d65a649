// The rows of a response, for components: one that reads a row is drawn again when it arrives.
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { Frames, type Response } from '../cortex/frames';

export class Rows {
  private readonly arrivals = signal(0);
  private readonly frames: ReadonlySignal<Frames>;

  /** `response` is read again when a signal in it changes. */
  constructor(response: () => Response, failed: (error: unknown) => void) {
    const arrived = (): void => void (this.arrivals.value = this.arrivals.peek() + 1);
    this.frames = computed(() => new Frames(response(), arrived, failed));
  }

  /** The values of a row, if they are here; it is fetched if they are not. */
  at(row: number | undefined): Float32Array | undefined {
    void this.arrivals.value;
    return row === undefined ? undefined : this.frames.value.at(row);
  }

  /** Waits until a row is here. */
  ready(row: number): Promise<void> {
    return this.frames.value.ready(row);
  }

  /** The 99th percentile of the absolute values of the subject's response. */
  range(): Promise<number> {
    return this.frames.value.range();
  }

  /** Rows that are spread over the first `rows`, one after the other. */
  sample(rows: number): Promise<Float32Array> {
    return this.frames.value.sample(rows);
  }
}
