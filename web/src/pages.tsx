// Which page stands at which address.
import type { ComponentType } from 'preact';
import type { Place } from './router';
import { Experiments } from './experiment/experiments';
import { Predict } from './predict/predict';
import { Subjects } from './subjects/subjects';
import { Watch } from './watch/watch';

export interface PageProps {
  place: Place;
}

interface Entry {
  /** The first part of the address; empty for the first page. */
  at: string;
  /** In the bar at the top. */
  title: string;
  page: ComponentType<PageProps>;
}

export const PAGES: readonly Entry[] = [
  { at: '', title: 'Predict', page: Predict },
  { at: 'predictions', title: 'Watch', page: Watch },
  { at: 'experiments', title: 'Experiments', page: Experiments },
  { at: 'subjects', title: 'Subjects', page: Subjects },
];

/** The page of an address; the first one where there is none. */
export function pageAt({ path }: Place): Entry {
  return PAGES.find(({ at }) => at === (path[0] ?? '')) ?? PAGES[0];
}
