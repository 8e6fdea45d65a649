// A prediction as the server tells it, until it is finished: its view, asked for again whenever an event says that it has changed.
import { signal } from '@preact/signals';
import { get, Problem, remove } from '../api/client';
import { FINISHED, follow } from '../api/events';
import { announce } from '../components/announce';
import type { View } from './session';

/** Events that come together are answered together (ms). */
const TOGETHER = 150;
/** Until the server is asked again that did not answer (ms). */
const AGAIN = 2000;

export class Followed {
  readonly view = signal<View | undefined>(undefined);
  /** Why there is no view. */
  readonly problem = signal<Problem | undefined>(undefined);
  /** Whether the connection stands. */
  readonly stands = signal(true);
  readonly stopping = signal(false);
  /** Why it could not be stopped. */
  readonly refusal = signal<Problem | undefined>(undefined);
  private stop: (() => void) | undefined;
  private due: number | undefined;

  constructor(private readonly id: string) {
    void this.load();
  }

  readonly load = async (): Promise<void> => {
    this.due = undefined;
    try {
      const view = await get('/v1/predictions/{id}', { id: this.id });
      [this.view.value, this.problem.value, this.stands.value] = [view, undefined, true];
      if (FINISHED.has(view.state)) this.stop?.();
      else this.follow();
    } catch (error) {
      const problem = Problem.from(error);
      if (this.stop && (problem.status === 0 || problem.status === 503)) {
        // What is on the page stays until the server is back.
        this.stands.value = false;
        this.reload(AGAIN);
      } else {
        this.problem.value = problem;
      }
    }
  };

  /** Asks the server to stop. */
  async cancel(): Promise<void> {
    [this.stopping.value, this.refusal.value] = [true, undefined];
    try {
      await remove('/v1/predictions/{id}', { id: this.id });
    } catch (error) {
      [this.stopping.value, this.refusal.value] = [false, Problem.from(error)];
    }
  }

  close(): void {
    clearTimeout(this.due);
    this.stop?.();
    this.stop = () => undefined;
  }

  private follow(): void {
    this.stop ??= follow(this.id, {
      connected: (now) => (this.stands.value = now),
      progress: (progress) => {
        const view = this.view.peek();
        if (!view) return;
        this.view.value = { ...view, progress };
        // Events of the past come too, and a prediction that was begun anew has fewer seconds than it had.
        if (progress.seconds_done !== view.seconds_done) this.reload(TOGETHER);
      },
      state: (state) => {
        announce(`The prediction is ${state}`);
        if (state !== this.view.peek()?.state) this.reload(TOGETHER);
      },
    });
  }

  private reload(after: number): void {
    this.due ??= window.setTimeout(() => void this.load(), after);
  }
}
