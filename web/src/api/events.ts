// A prediction's story as the server tells it: states and steps, until it is finished.
import { address, type Schemas } from './client';
import { listen } from './stream';

export type JobState = Schemas['JobState'];
export type Progress = Schemas['Progress'];

interface Listener {
  progress(progress: Progress): void;
  state(state: JobState): void;
  /** Whether the connection stands. */
  connected(stands: boolean): void;
}

export const FINISHED: ReadonlySet<JobState> = new Set(['succeeded', 'failed', 'cancelled']);

/** Follows a prediction; the returned function stops that. */
export function follow(id: string, { progress, state, connected }: Listener): () => void {
  return listen(address('/v1/predictions/{id}/events', { id }), {
    connected,
    heard: {
      progress: (step) => {
        progress(step as Progress);
        return false;
      },
      state: (event) => {
        const entered = (event as { state: JobState }).state;
        state(entered);
        return FINISHED.has(entered);
      },
    },
  });
}
