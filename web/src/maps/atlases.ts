// Sets of regions whose borders can be drawn: the built-in spheres, and the atlases that the server has.
import type { Anatomy } from '../anatomy';
import { address, get, request } from '../api/client';
import { SIDES } from '../cortex/geometry';
import type { Members } from '../cortex/borders';

/** The built-in set, as the address calls it. */
export const SPHERES = 'spheres';

export interface Parcel {
  name: string;
  vertices: Members;
}

export interface Parcellation {
  name: string;
  /** Undefined for the built-in spheres, which are part of the program. */
  licence: string | undefined;
  parcels: readonly Parcel[];
  /** For each place in a row the name of its parcel, where it has one. */
  parcelAt: readonly (string | undefined)[];
}

export async function loadParcellation(name: string, anatomy: Anatomy): Promise<Parcellation> {
  if (name === SPHERES) return { name, licence: undefined, parcels: anatomy.regions, parcelAt: anatomy.regionAt };
  const [{ licence, parcels }, answer] = await Promise.all([get('/v1/atlases/{name}', { name }), request(address('/v1/atlases/{name}/labels', { name }))]);
  const labels = new Int32Array(await answer.arrayBuffer());
  const { vertices } = anatomy.geometry;
  const members = parcels.map((): [number[], number[]] => [[], []]);
  for (const side of SIDES) {
    for (let vertex = 0; vertex < vertices; vertex++) members[labels[side * vertices + vertex]]?.[side].push(vertex);
  }
  return {
    name,
    licence,
    parcels: parcels.map(({ name }, index) => ({ name, vertices: members[index] })),
    parcelAt: Array.from(labels, (label) => parcels[label]?.name),
  };
}
