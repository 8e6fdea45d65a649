// Whether the borders of regions are drawn on the cortex, and of which atlas.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Anatomy } from '../anatomy';
import { get, Problem } from '../api/client';
import { SPHERES } from '../maps/atlases';
import type { Outlines } from '../maps/outlines';
import { ProblemNote } from './problem';

export function Outlining({ outlines, anatomy }: { outlines: Outlines; anatomy: Anatomy | undefined }) {
  const { areShown, of, parcellation } = outlines;
  const installed = useSignal<string[]>([]);
  const problem = useSignal<Problem | undefined>(undefined);
  const fail = (error: unknown): void => void (problem.value = Problem.from(error));
  useEffect(() => {
    get('/v1/atlases').then((list) => (installed.value = list.map(({ name }) => name)), fail);
  }, []);
  useEffect(() => {
    if (anatomy && areShown.value) outlines.load(anatomy).then(() => (problem.value = undefined), fail);
  }, [anatomy, of.value, areShown.value]);
  const licence = areShown.value && parcellation.value?.licence;
  return (
    <>
      <div class="row spread outlining">
        <label class="row small">
          <input type="checkbox" checked={areShown.value} onChange={({ currentTarget }) => (areShown.value = currentTarget.checked)} />
          Outlines
        </label>
        <select class="box" aria-label="Outlines of" value={of.value} disabled={!areShown.value} onChange={({ currentTarget }) => (of.value = currentTarget.value)}>
          <option value={SPHERES}>built-in spheres</option>
          {[...new Set([...installed.value, ...(of.value === SPHERES ? [] : [of.value])])].map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      {licence && <p class="tiny soft">Licence of the atlas: {firstLine(licence)}</p>}
      {problem.value && <ProblemNote problem={problem.value} />}
    </>
  );
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0];
}
