// Where the page is, by the hash of its address: `#/predictions/ID?t=12`. Hashes need nothing of the server, so the page works
// under any path.
import { signal } from '@preact/signals';

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

/** Writes a view's settings into the address, without a step in the history. What is undefined is left out. */
export function describe(settings: Record<string, string | undefined>): void {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, '', `${href(...place.value.path)}${text && `?${text}`}`);
}
