// The stages of a prediction, how much of the whole is done, and the time that is left.
import type { Schemas } from '../api/client';
import type { Progress } from '../api/events';
import type { View } from './session';

export type Stage = Schemas['Stage'];

export const STAGES: readonly (readonly [Stage, string])[] = [
  ['timeline', 'Laying the stimulus out in time'],
  ['text', 'Reading its words'],
  ['audio', 'Listening to its sound'],
  ['video', 'Looking at its frames'],
  ['encoder', 'Predicting the cortex'],
];

/** How much of the whole is done: windows, and of the present one the part that its stages make. */
export function fraction(progress: Progress | null | undefined): number {
  if (!progress) return 0;
  const { stage, fraction: ofStage, windows_done, windows_total } = progress;
  const place = STAGES.findIndex(([known]) => known === stage);
  if (stage === 'encoder') return windows_total > 0 ? Math.max(windows_done / windows_total, ofStage) : ofStage;
  return (windows_done + (place + ofStage) / STAGES.length) / Math.max(1, windows_total);
}

export function left({ started, progress }: View): string {
  const done = fraction(progress);
  if (!started || done < 0.05) return 'The model is at work.';
  const elapsed = (Date.now() - Date.parse(started)) / 1000;
  const seconds = (elapsed / done) * (1 - done);
  if (seconds < 5) return 'A few seconds left.';
  return seconds < 90 ? `About ${Math.ceil(seconds / 5) * 5} s left.` : `About ${Math.ceil(seconds / 60)} min left.`;
}
