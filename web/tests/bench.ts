// What the test of the cortex calls in the browser: the module by itself, on a canvas of its own.
import { borders, edgesAt } from '../src/cortex/borders';
import { CAMERA, type Layout } from '../src/cortex/camera';
import { Cortex } from '../src/cortex/cortex';
import { fetchGeometry } from '../src/cortex/geometry';

const SIZE = { width: 800, height: 600 };
/** From a line to what it parts (pixels). */
const NEAR = 6;

export async function bench() {
  const canvas = document.createElement('canvas');
  Object.assign(canvas.style, { position: 'fixed', inset: '0', width: `${SIZE.width}px`, height: `${SIZE.height}px`, zIndex: '99' });
  document.body.append(canvas);
  const geometry = await fetchGeometry('fsaverage5');
  const cortex = new Cortex(canvas, geometry);

  /** 1 for the vertices near a place in MNI152 (mm). */
  const blob = (hemisphere: 0 | 1, centre: number[], radius: number): Float32Array => {
    const values = new Float32Array(2 * geometry.vertices);
    const { mni152 } = geometry.hemispheres[hemisphere];
    for (let vertex = 0; vertex < geometry.vertices; vertex++) {
      const distance = Math.hypot(...centre.map((value, axis) => mni152[3 * vertex + axis] - value));
      if (distance <= radius) values[hemisphere * geometry.vertices + vertex] = 1;
    }
    return values;
  };

  const show = (values: Float32Array, layout: Layout, inflation: number): void =>
    cortex.show({ values, scale: { map: 'fire', threshold: 0.5, limit: 1 }, camera: { ...CAMERA, layout, inflation } });

  /** Red, green, blue and cover of every pixel. */
  const pixels = (): Uint8ClampedArray => {
    cortex.draw();
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext('2d')!;
    context.drawImage(canvas, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height).data;
  };

  /** The box around all coloured pixels, in fractions of the canvas; and how many there are. */
  const coloured = () => {
    const data = pixels();
    const box = { count: 0, left: 1, right: 0, top: 1, bottom: 0 };
    for (let pixel = 0; pixel < data.length; pixel += 4) {
      if (data[pixel + 3] < 255 || data[pixel] - data[pixel + 2] < 40) continue;
      const [x, y] = [((pixel / 4) % canvas.width) / canvas.width, Math.floor(pixel / 4 / canvas.width) / canvas.height];
      box.count++;
      Object.assign(box, { left: Math.min(box.left, x), right: Math.max(box.right, x), top: Math.min(box.top, y), bottom: Math.max(box.bottom, y) });
    }
    return box;
  };

  return {
    vertices: geometry.vertices,
    /** Draws a blob and says where colour is seen. */
    seen(hemisphere: 0 | 1, centre: number[], radius: number, layout: Layout, inflation: number) {
      show(blob(hemisphere, centre, radius), layout, inflation);
      return coloured();
    },
    nothing() {
      show(new Float32Array(2 * geometry.vertices), 'four', 1);
      return coloured();
    },
    /** Vertices that are picked at the middle of what is coloured, and whether they have the blob's value. */
    picked(hemisphere: 0 | 1, centre: number[], radius: number, layout: Layout) {
      const values = blob(hemisphere, centre, radius);
      show(values, layout, 1);
      const box = coloured();
      const place = cortex.pick(((box.left + box.right) / 2) * SIZE.width, ((box.top + box.bottom) / 2) * SIZE.height);
      return { place, value: place === undefined ? undefined : values[place] };
    },
    /** How many lines the border of a blob has, and how many of them do not part a vertex inside from one outside. */
    border(centre: number[], radius: number) {
      const values = blob(0, centre, radius);
      const inside = [...values.keys()].filter((vertex) => values[vertex] === 1);
      const [lines] = borders([[inside, []]], geometry);
      const astray = [...lines].filter((corner) => edgesAt(corner, geometry.triangles).some(([one, other]) => values[one] === values[other]));
      return { lines: lines.length, astray: astray.length };
    },
    /** Pixels that the border of a blob changes, and how many of them are not near both its colour and the cortex beside it. */
    outlined(centre: number[], radius: number) {
      const values = blob(0, centre, radius);
      show(values, 'lateral', 1);
      const plain = pixels();
      cortex.show({ emphasis: borders([[[...values.keys()].filter((vertex) => values[vertex] === 1), []]], geometry) });
      const lined = pixels();
      cortex.show({ emphasis: undefined });
      const isColoured = (pixel: number): boolean => plain[4 * pixel] - plain[4 * pixel + 2] >= 40;
      const steps = Array.from({ length: 2 * NEAR + 1 }, (_, step) => step - NEAR);
      const around = (pixel: number): number[] => steps.flatMap((down) => steps.map((across) => pixel + down * canvas.width + across));
      const changed = [...Array(plain.length / 4).keys()].filter((pixel) => Math.abs(plain[4 * pixel] - lined[4 * pixel]) >= 30);
      const astray = changed.filter((pixel) => new Set(around(pixel).map(isColoured)).size < 2);
      return { changed: changed.length, astray: astray.length };
    },
    /** What is picked in a corner, where there is no cortex. */
    beside: () => cortex.pick(1, 1),
  };
}
