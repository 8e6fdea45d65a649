// The subcortex of a prediction: which voxels it has, and the values of every second, as the server's files give them.
import { address, request } from '../api/client';
import { readNpy } from '../maps/values';
import type { View } from '../watch/session';

/** Where a NIfTI-1 header has what is read of it (bytes). */
const HEADER = { dimensions: 40, values: 108, affine: 280 };

/** FreeSurfer's numbers of structures, left and right. */
const STRUCTURES: readonly (readonly [string, number, number])[] = [
  ['lateral ventricle', 4, 43],
  ['thalamus', 10, 49],
  ['caudate', 11, 50],
  ['putamen', 12, 51],
  ['pallidum', 13, 52],
  ['hippocampus', 17, 53],
  ['amygdala', 18, 54],
  ['accumbens', 26, 58],
];

export type Millimetres = readonly [number, number, number];

export class Subcortex {
  private constructor(
    /** A NIfTI image of FreeSurfer's number of each voxel's structure; 0 where there is none. */
    readonly structures: ArrayBuffer,
    /** What the slices lie on: 2 in the subcortex, 1 where a voxel shows a vertex of the cortex, 0 elsewhere. */
    readonly ground: Float32Array,
    /** `(second, voxel)`. */
    private readonly values: Float32Array,
    /** The voxels of a second, by their place in the image. */
    private readonly places: Uint32Array,
  ) {}

  static async fetch({ files }: View, subject: string): Promise<Subcortex> {
    const file = (ending: string, whose: string | null): Promise<Response> => {
      const found = files.find(({ name, subject = null }) => subject === whose && name.includes('space-MNI152') && name.endsWith(ending));
      if (!found) throw new Error(`the prediction has no file that ends in ${ending}`);
      return request(address(found.href));
    };
    const [segmentation, mean, array] = await Promise.all([file('_dseg.nii.gz', null), file('_statmap.nii.gz', subject), file('_bold.npy', subject)]);
    const [structures, cortex] = await Promise.all([segmentation, mean].map(inflated));
    return new Subcortex(structures, groundOf(structures, cortex), readNpy(await array.arrayBuffer()), placesOf(structures));
  }

  /** The values of a second in the whole image: NaN where there is no voxel. */
  voxels(second: number): Float32Array {
    const voxels = new Float32Array(dimensions(this.structures).reduce((product, size) => product * size)).fill(NaN);
    const row = this.values.subarray(second * this.places.length, (second + 1) * this.places.length);
    row.forEach((value, voxel) => (voxels[this.places[voxel]] = value));
    return voxels;
  }

  /** The value at a place of MNI152 and the structure there; undefined outside the subcortex. */
  at(second: number, millimetres: Millimetres): { value: number | undefined; structure: string } | undefined {
    const place = placeAt(this.structures, millimetres);
    const voxel = place === undefined ? -1 : this.places.indexOf(place);
    if (place === undefined || voxel < 0) return undefined;
    const number = new Float32Array(this.structures, startOf(this.structures))[place];
    const [name, left] = STRUCTURES.find(([, left, right]) => left === number || right === number) ?? [`structure ${number}`, undefined];
    return { value: this.values[second * this.places.length + voxel], structure: left === undefined ? name : `${number === left ? 'left' : 'right'} ${name}` };
  }

  /** The middle of the voxel with the greatest value of a second. */
  peak(second: number): Millimetres {
    const row = this.values.subarray(second * this.places.length, (second + 1) * this.places.length);
    return millimetresOf(this.structures, this.places[row.reduce((best, value, voxel) => (value > row[best] ? voxel : best), 0)]);
  }
}

/** The content of a gzipped file. */
async function inflated({ body }: Response): Promise<ArrayBuffer> {
  if (!body) throw new Error('the server sent an empty image');
  return new Response(body.pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

function groundOf(structures: ArrayBuffer, cortex: ArrayBuffer): Float32Array {
  const values = new Float32Array(cortex, startOf(cortex));
  return new Float32Array(structures, startOf(structures)).map((number, place) => (number > 0 ? 2 : values[place] !== 0 ? 1 : 0));
}

/** Rows name voxels as NumPy does, the last axis first; the image has the first axis first. */
function placesOf(image: ArrayBuffer): Uint32Array {
  const numbers = new Float32Array(image, startOf(image));
  const [width, depth, height] = dimensions(image);
  const places: number[] = [];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < depth; y++) {
      for (let z = 0; z < height; z++) {
        const place = x + width * (y + depth * z);
        if (numbers[place] > 0) places.push(place);
      }
    }
  }
  return Uint32Array.from(places);
}

function startOf(image: ArrayBuffer): number {
  return new DataView(image).getFloat32(HEADER.values, true);
}

function dimensions(image: ArrayBuffer): readonly number[] {
  return [1, 2, 3].map((axis) => new DataView(image).getInt16(HEADER.dimensions + 2 * axis, true));
}

/** Step and origin of an axis: the grids that are served are along the axes of the space. */
function axisOf(image: ArrayBuffer, axis: number): { step: number; origin: number } {
  const number = (column: number): number => new DataView(image).getFloat32(HEADER.affine + 16 * axis + 4 * column, true);
  return { step: number(axis), origin: number(3) };
}

function placeAt(image: ArrayBuffer, millimetres: Millimetres): number | undefined {
  const sizes = dimensions(image);
  const indices = millimetres.map((value, axis) => {
    const { step, origin } = axisOf(image, axis);
    return Math.round((value - origin) / step);
  });
  if (indices.some((index, axis) => !(index >= 0 && index < sizes[axis]))) return undefined;
  return indices[0] + sizes[0] * (indices[1] + sizes[1] * indices[2]);
}

function millimetresOf(image: ArrayBuffer, place: number): Millimetres {
  const [width, depth] = dimensions(image);
  const indices = [place % width, Math.floor(place / width) % depth, Math.floor(place / (width * depth))];
  const along = (axis: number): number => {
    const { step, origin } = axisOf(image, axis);
    return origin + step * indices[axis];
  };
  return [along(0), along(1), along(2)];
}
