// Places whose time courses are kept in sight: vertices, and regions of one hemisphere.
import { get } from '../api/client';
import { named, type Anatomy } from '../anatomy';
import { SIDE_NAMES, type Side } from '../cortex/geometry';

export type Pin = { kind: 'vertex'; place: number } | { kind: 'region'; name: string; side: Side };

/** As it stands in the address: `1234`, `left-FFA`. */
export function writePin(pin: Pin): string {
  return pin.kind === 'vertex' ? String(pin.place) : `${SIDE_NAMES[pin.side]}-${pin.name}`;
}

/** Reads what `writePin` wrote; nothing where that is no place among so many. */
export function readPin(text: string, places: number): Pin | undefined {
  if (/^\d+$/.test(text)) return Number(text) < places ? { kind: 'vertex', place: Number(text) } : undefined;
  const [, side, name] = /^(left|right)-(.+)$/.exec(text) ?? [];
  return name ? { kind: 'region', name, side: side === 'left' ? 0 : 1 } : undefined;
}

/** For people. */
export function title(pin: Pin, anatomy: Anatomy): string {
  if (pin.kind === 'region') return `${pin.name}, ${SIDE_NAMES[pin.side]}`;
  const { hemisphere, vertex, region } = named(pin.place, anatomy);
  return `${region ? `${region}, ` : ''}${hemisphere} vertex ${vertex}`;
}

/** One value a row: of a vertex, or the mean of a region. */
export async function fetchCourse(pin: Pin, prediction: string, subject: string, anatomy: Anatomy): Promise<number[]> {
  const vertices = places(pin, anatomy);
  if (vertices.length === 0) return [];
  const { mean } = await get('/v1/predictions/{id}/timecourse', { id: prediction, subject, vertices: vertices.join(',') });
  return mean;
}

function places(pin: Pin, { geometry, regions }: Anatomy): number[] {
  if (pin.kind === 'vertex') return [pin.place];
  const region = regions.find(({ name }) => name === pin.name);
  return (region?.vertices[pin.side] ?? []).map((vertex) => vertex + pin.side * geometry.vertices);
}
