// Where the page is, by the hash of its address: `#/predictions/ID?t=12`. Hashes need nothing of the server, so the page works
// under any path.
import { effect, signal } from '@preact/signals';

/** Between two writes of the address (ms). */
const WRITTEN_EVERY = 300;

export interface Place {
  /** `['predictions', ID]`. */
  path: string[];
  query: URLSearchParams;
}

function read(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path: path.split('/').filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export const place = signal(read());
addEventListener('hashchange', () => (place.value = read()));

export function href(...path: string[]): string {
  return `#/${path.map(encodeURIComponent).join('/')}`;
}

export function go(...path: string[]): void {
  location.hash = href(...path);
}

/** A number of a query, where it is one. */
export function finite(text: string | null): number | undefined {
  const value = Number(text ?? NaN);
  return text && Number.isFinite(value) ? value : undefined;
}

/** Keeps the address at what is seen, now and then; undefined while that is unknown. The returned function stops it. */
export function keepAddress(settings: () => Record<string, string | undefined> | undefined): () => void {
  let due = 0;
  const stop = effect(() => {
    const now = settings();
    clearTimeout(due);
    if (now) due = window.setTimeout(() => describe(now), WRITTEN_EVERY);
  });
  return () => {
    clearTimeout(due);
    stop();
  };
}

/** Writes a view's settings into the address, without a step in the history. What is undefined is left out. */
function describe(settings: Record<string, string | undefined>): void {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, '', `${href(...place.value.path)}${text && `?${text}`}`);
}
