// The cortex's shape as `/v1/surfaces/{mesh}` gives it: both hemispheres, folded and inflated.
import { address, request } from '../api/client';

export type Side = 0 | 1;
export const LEFT: Side = 0;
export const RIGHT: Side = 1;
export const SIDES: readonly Side[] = [LEFT, RIGHT];
export const SIDE_NAMES = ['left', 'right'] as const;

/** A hemisphere. Positions are `x, y, z` for each vertex (mm): to the right, to the front, up. */
export interface Hemisphere {
  pial: Float32Array;
  /** Centred where the pial surface is, and moved off the midline. */
  inflated: Float32Array;
  pialNormals: Float32Array;
  inflatedNormals: Float32Array;
  /** Positive in sulci. */
  sulcalDepth: Float32Array;
  /** Approximate: by FreeSurfer's affine. */
  mni152: Float32Array;
  /** Middle of its bounding boxes, pial and inflated. */
  centres: { pial: Point; inflated: Point };
}

export type Point = readonly [number, number, number];

export interface Geometry {
  /** Of one hemisphere; a row of values has twice as many, left first. */
  vertices: number;
  /** Three vertices each, the same for both hemispheres. */
  triangles: Uint16Array;
  hemispheres: readonly [Hemisphere, Hemisphere];
}

/** Distance of the inflated surface from the midline (mm). */
const OFF_MIDLINE = 4;

export async function fetchGeometry(mesh: string): Promise<Geometry> {
  return readGeometry(await (await request(address('/v1/surfaces/{mesh}', { mesh }))).arrayBuffer());
}

export function readGeometry(bytes: ArrayBuffer): Geometry {
  const [vertices, faces] = new Uint32Array(bytes, 0, 2);
  let offset = 8;
  const floats = (count: number): Float32Array => {
    const values = new Float32Array(bytes, offset, count);
    offset += values.byteLength;
    return values;
  };
  const shapes = SIDES.map(() => ({
    pial: floats(3 * vertices),
    inflated: floats(3 * vertices),
    sulcalDepth: floats(vertices),
    mni152: floats(3 * vertices),
  }));
  const triangles = new Uint16Array(bytes, offset, 3 * faces);
  const hemisphere = (side: Side): Hemisphere => {
    const { pial, inflated, ...rest } = shapes[side];
    const placed = besideMidline(inflated, box(pial), side);
    return {
      ...rest,
      pial,
      inflated: placed,
      pialNormals: normals(pial, triangles),
      inflatedNormals: normals(placed, triangles),
      centres: { pial: middle(box(pial)), inflated: middle(box(placed)) },
    };
  };
  return { vertices, triangles, hemispheres: [hemisphere(LEFT), hemisphere(RIGHT)] };
}

type Box = { low: Point; high: Point };

function box(points: Float32Array): Box {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  points.forEach((value, index) => {
    low[index % 3] = Math.min(low[index % 3], value);
    high[index % 3] = Math.max(high[index % 3], value);
  });
  return { low: low as unknown as Point, high: high as unknown as Point };
}

function middle({ low, high }: Box): Point {
  return [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2];
}

/** Moves an inflated surface, which is given around the origin, to where its hemisphere is. */
function besideMidline(inflated: Float32Array, pial: Box, side: Side): Float32Array {
  const { low, high } = box(inflated);
  const [, y, z] = middle({ low, high });
  const [, pialY, pialZ] = middle(pial);
  const shift = [side === LEFT ? -OFF_MIDLINE - high[0] : OFF_MIDLINE - low[0], pialY - y, pialZ - z];
  return inflated.map((value, index) => value + shift[index % 3]);
}

/** Sums of the normals of the triangles around each vertex, weighted by area, of length 1. */
function normals(points: Float32Array, triangles: Uint16Array): Float32Array {
  const sums = new Float32Array(points.length);
  for (let corner = 0; corner < triangles.length; corner += 3) {
    const [a, b, c] = [3 * triangles[corner], 3 * triangles[corner + 1], 3 * triangles[corner + 2]];
    const [ux, uy, uz] = [points[b] - points[a], points[b + 1] - points[a + 1], points[b + 2] - points[a + 2]];
    const [vx, vy, vz] = [points[c] - points[a], points[c + 1] - points[a + 1], points[c + 2] - points[a + 2]];
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    for (const vertex of [a, b, c]) {
      sums[vertex] += nx;
      sums[vertex + 1] += ny;
      sums[vertex + 2] += nz;
    }
  }
  for (let vertex = 0; vertex < sums.length; vertex += 3) {
    const length = Math.hypot(sums[vertex], sums[vertex + 1], sums[vertex + 2]) || 1;
    for (let axis = 0; axis < 3; axis++) sums[vertex + axis] /= length;
  }
  return sums;
}

/** The vertices of the triangles around a vertex, which is one of them. */
export function around(vertex: number, triangles: Uint16Array): number[] {
  const found = new Set<number>();
  for (let corner = 0; corner < triangles.length; corner += 3) {
    const [a, b, c] = [triangles[corner], triangles[corner + 1], triangles[corner + 2]];
    if (a === vertex || b === vertex || c === vertex) found.add(a).add(b).add(c);
  }
  return [...found];
}
