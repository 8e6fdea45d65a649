// The rows of a response, for components: one that reads a row is drawn again when it arrives.
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { Frames } from '../cortex/frames';
import type { Session } from './session';

export class Rows {
  private readonly arrivals = signal(0);
  private readonly frames: ReadonlySignal<Frames>;

  constructor(session: Session, failed: (error: unknown) => void) {
    const { view, result, rows, subject } = session;
    const arrived = (): void => void (this.arrivals.value = this.arrivals.peek() + 1);
    this.frames = computed(
      () => new Frames({ prediction: view.id, subject: subject.value, rows, vertices: result.vertices }, arrived, failed),
    );
  }

  /** The values of a row, if they are here; it is fetched if they are not. */
  at(row: number | undefined): Float32Array | undefined {
    void this.arrivals.value;
    return row === undefined ? undefined : this.frames.value.at(row);
  }

  /** The 99th percentile of the absolute values of the subject's response. */
  range(): Promise<number> {
    return this.frames.value.range();
  }
}
