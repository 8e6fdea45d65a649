// Experiments: the library, one that is put together, one that runs or has run.
import type { PageProps } from '../pages';
import { Experiment } from './experiment';
import { Library } from './library';
import { NewExperiment } from './new_experiment';

/** In the address, where an experiment's id stands otherwise. */
export const NEW = 'new';

export function Experiments({ place }: PageProps) {
  const [, id, localizer] = place.path;
  if (id === undefined) return <Library />;
  if (id === NEW) return <NewExperiment key={localizer} localizer={localizer} />;
  return <Experiment key={id} id={id} place={place} />;
}
