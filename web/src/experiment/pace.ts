// How long a forward of each model took in the experiments that were watched here, for telling what the next one will cost.
const KEPT = 'encortex.seconds-per-forward';

function read(): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}');
  } catch {
    return {};
  }
}

/** Seconds; undefined before the first experiment with a model. */
export function secondsPerForward(model: string): number | undefined {
  return read()[model];
}

export function noteForwards(model: string, forwards: number, seconds: number): void {
  if (forwards <= 0) return;
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...read(), [model]: seconds / forwards }));
  } catch {
    // A browser that keeps nothing tells the number of forwards alone.
  }
}
