// What is the same for all predictions: the cortex's shape and its named regions, fetched once.
import { signal } from '@preact/signals';
import { get, Problem, type Schemas } from './api/client';
import type { Members } from './cortex/borders';
import { fetchGeometry, SIDE_NAMES, type Geometry, type Side } from './cortex/geometry';

type Region = Omit<Schemas['RegionView'], 'vertices'> & { vertices: Members };

export interface Anatomy {
  mesh: string;
  geometry: Geometry;
  regions: Region[];
  /** For each place in a row the name of its region, where it has one. */
  regionAt: (string | undefined)[];
}

export const anatomy = signal<Anatomy | undefined>(undefined);
export const anatomyProblem = signal<Problem | undefined>(undefined);
let asked = '';

/** Fetches the anatomy of a mesh, unless it is here or on its way. */
export async function loadAnatomy(mesh: string): Promise<void> {
  if (asked === mesh) return;
  asked = mesh;
  try {
    const [geometry, spheres] = await Promise.all([fetchGeometry(mesh), get('/v1/regions')]);
    const regions = spheres.map(({ vertices: [left, right], ...rest }): Region => ({ ...rest, vertices: [left, right] }));
    const regionAt: (string | undefined)[] = new Array(2 * geometry.vertices);
    for (const { name, vertices } of regions) {
      vertices.forEach((side, index) => side.forEach((vertex) => (regionAt[index * geometry.vertices + vertex] = name)));
    }
    anatomy.value = { mesh, geometry, regions, regionAt };
    anatomyProblem.value = undefined;
  } catch (error) {
    asked = '';
    anatomyProblem.value = Problem.from(error);
  }
}

/** A vertex, as people name it. */
export interface Named {
  side: Side;
  hemisphere: string;
  /** Within its hemisphere. */
  vertex: number;
  region: string | undefined;
  /** `[x, y, z]` (mm), by FreeSurfer's affine from MNI305. */
  mni152: readonly number[];
}

export function named(place: number, { geometry, regionAt }: Anatomy): Named {
  const side: Side = place < geometry.vertices ? 0 : 1;
  const vertex = place - side * geometry.vertices;
  const mni152 = [...geometry.hemispheres[side].mni152.subarray(3 * vertex, 3 * vertex + 3)];
  return { side, hemisphere: SIDE_NAMES[side], vertex, region: regionAt[place], mni152 };
}
