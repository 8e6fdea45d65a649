// How far an experiment is, as the server tells it, until nothing of it is left.
import { address, type Schemas } from './client';
import { listen } from './stream';

export type ExperimentProgress = Schemas['ExperimentProgress'];

interface Listener {
  progress(progress: ExperimentProgress): void;
  /** Whether the connection stands. */
  connected(stands: boolean): void;
}

/** Follows an experiment; the returned function stops that. */
export function followExperiment(id: string, { progress, connected }: Listener): () => void {
  return listen(address('/v1/experiments/{id}/events', { id }), {
    connected,
    heard: {
      progress: (event) => {
        const now = event as ExperimentProgress;
        progress(now);
        return now.state !== 'running' && now.state !== 'queued';
      },
    },
  });
}
