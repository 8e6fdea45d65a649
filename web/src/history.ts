// The predictions that were asked for in this browser, with a small picture each. The server has the rest.
import { signal } from '@preact/signals';

export interface Remembered {
  /** What its user called it. */
  name: string;
  /** An address that holds its own bytes. */
  thumbnail?: string;
}

const KEPT = 'encortex.predictions';
/** More are forgotten, the oldest first. */
const MOST = 100;

export const remembered = signal<Readonly<Record<string, Remembered>>>(read());

function read(): Record<string, Remembered> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}');
  } catch {
    return {};
  }
}

/** Adds to what is known of a prediction. */
export function remember(id: string, change: Partial<Remembered>): void {
  const { [id]: known, ...others } = remembered.value;
  const entries = Object.entries({ ...others, [id]: { ...(known ?? { name: '' }), ...change } });
  remembered.value = Object.fromEntries(entries.slice(-MOST));
  try {
    localStorage.setItem(KEPT, JSON.stringify(remembered.value));
  } catch {
    // A browser that keeps nothing still shows what is known while the page is open.
  }
}
