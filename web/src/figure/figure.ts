// A figure of what is seen, as a description that pictures, vectors and films are made from: cortexes in a row, below them a colour
// bar with its numbers, and what must be said of it.
import type { Face } from '../components/cortex_view';
import { digits } from '../components/colour_bar';
import { panels, type Camera } from '../cortex/camera';
import type { Shown } from '../cortex/cortex';
import type { Geometry } from '../cortex/geometry';
import { lowest, type Scale } from '../cortex/scale';

export interface Figure {
  geometry: Geometry;
  faces: readonly Face[];
  lines: Pick<Shown, 'borders' | 'emphasis'>;
  camera: Camera;
  scale: Scale;
  /** Of the values, below the colour bar. */
  unit: string;
  /** Over everything. */
  title: string;
  /** Below everything: what it is, and how it was made. */
  said: readonly string[];
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Text {
  text: string;
  x: number;
  /** Of the line that letters stand on. */
  y: number;
  size: number;
  anchor: 'start' | 'middle' | 'end';
  colour: string;
}

/** Where everything lies (pixels). */
export interface Layout {
  width: number;
  height: number;
  /** One for each face. */
  cortexes: readonly Box[];
  bar: Box;
  texts: readonly Text[];
}

const INK = '#12181f';
const SOFT = '#55606b';
const [TITLE, LABEL, SMALL] = [22, 15, 13];
/** Height of a cortex over its width. */
const SHAPE = 0.7;
const BAR = { width: 420, height: 16 };
const LINE = 20;

export function layOut({ faces, camera, scale, unit, title, said }: Figure, width: number): Layout {
  const share = width / faces.length;
  const top = 48 + (faces.length > 1 ? 24 : 0);
  const cortexHeight = Math.round(share * SHAPE);
  const cortexes = faces.map((_, place) => ({ x: Math.round(place * share), y: top, width: Math.floor(share), height: cortexHeight }));
  const bar = { ...BAR, x: (width - BAR.width) / 2, y: top + cortexHeight + 14 };
  const texts: Text[] = [];
  const write = (text: string, x: number, y: number, size = LABEL, colour = INK, anchor: Text['anchor'] = 'middle'): void => void texts.push({ text, x, y, size, colour, anchor });

  write(title, width / 2, 32, TITLE);
  cortexes.forEach((box, place) => {
    if (faces.length > 1) write(faces[place].title, box.x + box.width / 2, top - 8);
    for (const panel of panels(camera.layout)) {
      const [left, right] = [box.x + panel.left * box.width, box.x + (panel.left + panel.width) * box.width];
      const [above, middle] = [box.y + panel.top * box.height, box.y + (panel.top + panel.height / 2) * box.height];
      write(panel.name, left + 12, above + 18, SMALL, SOFT, 'start');
      write(panel.edges[0], left + 8, middle, SMALL, SOFT, 'start');
      write(panel.edges[1], right - 8, middle, SMALL, SOFT, 'end');
    }
  });
  const below = bar.y + bar.height + 20;
  write(digits(lowest(scale)), bar.x, below);
  write(digits(scale.limit), bar.x + bar.width, below);
  write(scale.threshold > 0 ? `${unit}; drawn from ${lowest(scale) < 0 ? '±' : ''}${digits(scale.threshold)}` : unit, width / 2, below + LINE);
  said.forEach((line, place) => write(line, width / 2, below + 2.6 * LINE + place * LINE, SMALL, SOFT));
  return { width, height: Math.ceil((below + (2.8 + said.length) * LINE) / 2) * 2, cortexes, bar, texts };
}
