// How far an experiment is, as the server tells it, until nothing of it is left.
import { address, type Schemas } from './client';

export type ExperimentProgress = Schemas['ExperimentProgress'];

interface Listener {
  progress(progress: ExperimentProgress): void;
  /** Whether the connection stands. */
  connected(stands: boolean): void;
}

/** Follows an experiment; the returned function stops that. */
export function followExperiment(id: string, listener: Listener): () => void {
  const events = new EventSource(address('/v1/experiments/{id}/events', { id }));
  events.onopen = () => listener.connected(true);
  events.onerror = () => listener.connected(false);
  events.addEventListener('progress', ({ data }) => {
    const progress: ExperimentProgress = JSON.parse(data);
    if (progress.state !== 'running' && progress.state !== 'queued') events.close();
    listener.progress(progress);
  });
  return () => events.close();
}
