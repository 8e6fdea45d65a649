// Maps as the server sends them: plain float32, or NumPy's .npy.
import { request } from '../api/client';

const MAGIC = '\x93NUMPY';

export async function fetchValues(url: URL): Promise<Float32Array> {
  return new Float32Array(await (await request(url)).arrayBuffer());
}

/** One number for each vertex; what a model predicts beside the cortex is left out. */
export async function fetchNpy(url: URL, vertices: number): Promise<Float32Array> {
  return readNpy(await (await request(url)).arrayBuffer()).subarray(0, vertices);
}

/** The numbers of a little-endian float32 or float64 array. */
export function readNpy(bytes: ArrayBuffer): Float32Array {
  const view = new DataView(bytes);
  const text = (from: number, length: number): string => String.fromCharCode(...new Uint8Array(bytes, from, length));
  if (text(0, MAGIC.length) !== MAGIC) throw new Error('the file is no NumPy array');
  const isFirstVersion = view.getUint8(6) === 1;
  const start = isFirstVersion ? 10 : 12;
  const length = isFirstVersion ? view.getUint16(8, true) : view.getUint32(8, true);
  const kind = /'descr':\s*'(<f[48])'/.exec(text(start, length))?.[1];
  if (!kind) throw new Error('the NumPy array holds other numbers than float32 and float64');
  const numbers = bytes.slice(start + length);
  return kind === '<f4' ? new Float32Array(numbers) : Float32Array.from(new Float64Array(numbers));
}
