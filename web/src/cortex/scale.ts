// How values become colours: a map, a threshold below which the cortex shows through, and a limit. The same scale holds for
// every second, so that colours can be compared over time.

/** Red, green, blue, each 0 to 255. */
export type Colour = readonly [number, number, number];

export const MAPS = ['fire', 'cividis', 'red-blue', 'cold-hot'] as const;
export type MapName = (typeof MAPS)[number];

export interface Scale {
  map: MapName;
  /** What is nearer to zero is not drawn. */
  threshold: number;
  /** The value of the last colour; more than the threshold. */
  limit: number;
}

interface ColourMap {
  /** Whether it reaches down to minus the limit. */
  signed: boolean;
  /** Equally spaced from the least value to the greatest. */
  stops: readonly Colour[];
}

const COLOUR_MAPS: Record<MapName, ColourMap> = {
  fire: {
    signed: false,
    stops: [[92, 12, 20], [150, 20, 26], [203, 42, 28], [234, 84, 32], [248, 132, 44], [253, 180, 66], [255, 219, 112], [255, 246, 190]],
  },
  cividis: {
    signed: false,
    stops: [[0, 34, 78], [32, 60, 110], [76, 85, 108], [110, 110, 115], [145, 137, 119], [182, 165, 106], [222, 196, 80], [254, 232, 56]],
  },
  'red-blue': {
    signed: true,
    stops: [[5, 48, 97], [33, 102, 172], [67, 147, 195], [146, 197, 222], [240, 240, 240], [244, 165, 130], [214, 96, 77], [178, 24, 43], [103, 0, 31]],
  },
  'cold-hot': {
    signed: true,
    stops: [[196, 240, 242], [97, 189, 230], [41, 133, 209], [26, 77, 173], [28, 24, 46], [150, 20, 26], [234, 84, 32], [253, 180, 66], [255, 246, 190]],
  },
};

export function isSigned(map: MapName): boolean {
  return COLOUR_MAPS[map].signed;
}

/** The least value that has a colour. */
export function lowest({ map, limit }: Scale): number {
  return isSigned(map) ? -limit : 0;
}

/** Whether a value is drawn at all. */
export function isShown(value: number, { map, threshold }: Scale): boolean {
  return (isSigned(map) ? Math.abs(value) : value) >= threshold && (isSigned(map) || value > 0);
}

/** Where a value lies between the least and the greatest, 0 to 1. */
export function position(value: number, scale: Scale): number {
  const low = lowest(scale);
  return Math.min(1, Math.max(0, (value - low) / (scale.limit - low || 1)));
}

export function colour(value: number, scale: Scale): Colour {
  return at(COLOUR_MAPS[scale.map].stops, position(value, scale));
}

function at(stops: readonly Colour[], position: number): Colour {
  const place = position * (stops.length - 1);
  const index = Math.min(stops.length - 2, Math.floor(place));
  const [from, to, part] = [stops[index], stops[index + 1], place - index];
  const mixed = from.map((channel, axis) => Math.round(channel + part * (to[axis] - channel)));
  return [mixed[0], mixed[1], mixed[2]];
}

/** 256 colours in RGBA, for a texture. */
export function texels(map: MapName): Uint8Array {
  const { stops } = COLOUR_MAPS[map];
  return Uint8Array.from(Array.from({ length: 256 }, (_, index) => [...at(stops, index / 255), 255]).flat());
}

/** The value below which so large a part of the absolute values lies. */
export function percentile(values: Float32Array, part: number): number {
  const sorted = values.map(Math.abs).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
