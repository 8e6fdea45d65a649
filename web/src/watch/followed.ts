// A prediction as the server tells it, until it is finished: its view, asked for again whenever an event says that it has changed.
import { signal } from '@preact/signals';
import { get, Problem } from '../api/client';
import { FINISHED, follow } from '../api/events';
import { announce } from '../components/announce';
import type { View } from './session';

/** Events that come together are answered together (ms). */
const TOGETHER = 150;

export class Followed {
  readonly view = signal<View | undefined>(undefined);
  readonly problem = signal<Problem | undefined>(undefined);
  /** Whether the connection stands. */
  readonly stands = signal(true);
  private stop: (() => void) | undefined;
  private due: number | undefined;

  constructor(private readonly id: string) {
    void this.load();
  }

  readonly load = async (): Promise<void> => {
    this.due = undefined;
    try {
      this.view.value = await get('/v1/predictions/{id}', { id: this.id });
      this.problem.value = undefined;
      if (!FINISHED.has(this.view.value.state)) this.follow();
    } catch (error) {
      const problem = Problem.from(error);
      // What is on the page stays while the events are waited for that the browser asks for by itself.
      if (problem.status === 0 && this.stop) this.stands.value = false;
      else this.problem.value = problem;
    }
  };

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
        if (progress.seconds_done !== view.seconds_done) this.reload();
      },
      state: (state) => {
        announce(`The prediction is ${state}`);
        if (state !== this.view.peek()?.state) this.reload();
      },
    });
  }

  private reload(): void {
    this.due ??= window.setTimeout(() => void this.load(), TOGETHER);
  }
}
