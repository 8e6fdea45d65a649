// A job's story as the server tells it: states and steps, until it is finished. The browser asks again by itself when the
// connection is lost, and misses nothing.
import { address, type Schemas } from './client';

export type JobState = Schemas['JobState'];
export type Progress = Schemas['Progress'];

export interface Listener {
  progress(progress: Progress): void;
  state(state: JobState, failure: Schemas['Failure'] | null): void;
  /** Whether the connection stands. */
  connected?(stands: boolean): void;
}

export const FINISHED: ReadonlySet<JobState> = new Set(['succeeded', 'failed', 'cancelled']);

/** Follows a prediction; the returned function stops that. */
export function follow(id: string, listener: Listener): () => void {
  const events = new EventSource(address('/v1/predictions/{id}/events', { id }));
  events.onopen = () => listener.connected?.(true);
  events.onerror = () => listener.connected?.(false);
  events.addEventListener('progress', ({ data }) => listener.progress(JSON.parse(data)));
  events.addEventListener('state', ({ data }) => {
    const { state, failure } = JSON.parse(data);
    if (FINISHED.has(state)) events.close();
    listener.state(state, failure);
  });
  return () => events.close();
}
