// What is seen of two of a kind: the first alone, both, or their difference.
import type { Face } from '../components/cortex_view';
import type { Reading } from '../components/tip';
import { difference, type Way } from './comparison';

/** One of the two. */
export interface Compared {
  title: string;
  shown: Face['shown'];
  /** What is read under the pointer, where it is more than what is drawn. */
  read?: Float32Array | undefined;
}

export function facesOf(way: Way, one: Compared, other: Compared): Face[] {
  switch (way) {
    case 'one':
      return [one];
    case 'beside':
      return [one, other];
    case 'difference': {
      const values = difference(one.shown.values, other.shown.values);
      const next = difference(one.shown.next, other.shown.next);
      return [{ title: `${one.title} − ${other.title}`, shown: { values, next, between: next ? (one.shown.between ?? 0) : 0 } }];
    }
  }
}

export function readingsOf(way: Way, one: Compared, other: Compared): Reading[] {
  const [values, less] = [one, other].map(({ read, shown }) => read ?? shown.values);
  if (way === 'one') return [{ values }];
  return [
    { name: one.title, values },
    { name: other.title, values: less },
    { name: 'difference', values: difference(values, less) },
  ];
}
