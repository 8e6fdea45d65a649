// Where regions of the cortex end: lines through the middles of the edges between the vertices inside and those outside. They lie in
// the triangles, so they fold and inflate with the cortex.
import { SIDES, type Geometry } from './geometry';

/** Vertices of the left and of the right hemisphere, each numbered within its own. */
export type Members = readonly [readonly number[], readonly number[]];

/**
 * For each hemisphere the corners of triangles that a border cuts off, `3 × triangle + corner`: one line each, between the middles
 * of the two edges that meet there. Where two regions touch, their line is there once.
 */
export type Borders = readonly [Uint32Array, Uint32Array];

export function borders(regions: readonly Members[], { vertices, triangles }: Geometry): Borders {
  const [left, right] = SIDES.map((side) => {
    const cut = new Set<number>();
    const isInside = new Uint8Array(vertices);
    for (const { [side]: members } of regions) {
      members.forEach((vertex) => (isInside[vertex] = 1));
      for (let first = 0; first < triangles.length; first += 3) {
        const [a, b, c] = [isInside[triangles[first]], isInside[triangles[first + 1]], isInside[triangles[first + 2]]];
        if (a !== b || b !== c) cut.add(first + (a === b ? 2 : b === c ? 0 : 1));
      }
      members.forEach((vertex) => (isInside[vertex] = 0));
    }
    return Uint32Array.from(cut);
  });
  return [left, right];
}

/** The two edges that meet at a corner, each by its two vertices. */
export function edgesAt(corner: number, triangles: Uint16Array): readonly [readonly [number, number], readonly [number, number]] {
  const first = corner - (corner % 3);
  const vertex = (step: number): number => triangles[first + ((corner + step) % 3)];
  return [
    [vertex(0), vertex(1)],
    [vertex(0), vertex(2)],
  ];
}
