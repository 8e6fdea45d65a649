// Paints a figure: cortexes by WebGL off the screen, text and colour bar beside them.
import { paintBar } from '../components/colour_bar';
import { Cortex } from '../cortex/cortex';
import type { Geometry } from '../cortex/geometry';
import { LIGHT } from '../cortex/renderer';
import { layOut, type Figure, type Layout } from './figure';

/** Of the page's own, or the system's where it is saved. */
export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

/** Draws cortexes of one size, one after the other: films ask it for many. */
export class Easel {
  private readonly cortex: Cortex;

  constructor(geometry: Geometry, width: number, height: number) {
    this.cortex = new Cortex(Object.assign(document.createElement('canvas'), { width, height }), geometry);
  }

  /** One face of a figure. What is returned holds until the next is drawn. */
  draw({ faces, lines, scale, camera }: Figure, face: number): HTMLCanvasElement {
    this.cortex.show({ next: undefined, between: 0, ...faces[face].shown, ...lines, scale, camera, paper: LIGHT });
    this.cortex.draw();
    return this.cortex.canvas;
  }

  close(): void {
    this.cortex.close();
  }
}

/** An easel for the cortexes of a figure, at so many pixels for each of the figure's. */
export function easelFor({ geometry }: Figure, { cortexes: [{ width, height }] }: Layout, resolution: number): Easel {
  return new Easel(geometry, width * resolution, height * resolution);
}

/** Paints on white. */
export function paint(context: OffscreenCanvasRenderingContext2D, figure: Figure, layout: Layout, easel: Easel): void {
  const { width, height, cortexes, bar, texts } = layout;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  cortexes.forEach((box, face) => context.drawImage(easel.draw(figure, face), box.x, box.y, box.width, box.height));
  paintBar(context, figure.scale, bar.x, bar.y, bar.width, bar.height);
  for (const { text, x, y, size, anchor, colour } of texts) {
    context.font = `${size}px ${FONT}`;
    context.fillStyle = colour;
    context.textAlign = anchor === 'middle' ? 'center' : anchor;
    context.fillText(text, x, y);
  }
}

/** A canvas for a layout, at so many pixels for each of the layout's. */
export function sheetFor({ width, height }: Layout, resolution: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width * resolution, height * resolution).getContext('2d');
  if (!context) throw new Error('this browser draws no pictures');
  context.scale(resolution, resolution);
  return context;
}

const WIDTH = 1200;
/** Pixels of a saved picture for each of the layout's: 300 dpi at 20 cm. */
export const RESOLUTION = 2;

export async function asPng(figure: Figure): Promise<Blob> {
  const layout = layOut(figure, WIDTH);
  const easel = easelFor(figure, layout, RESOLUTION);
  try {
    const sheet = sheetFor(layout, RESOLUTION);
    paint(sheet, figure, layout, easel);
    return await sheet.canvas.convertToBlob({ type: 'image/png' });
  } finally {
    easel.close();
  }
}

/** A small picture of the first face for lists, as an address that holds its own bytes. */
export function thumbnail(figure: Figure): string {
  const easel = new Easel(figure.geometry, 240, 168);
  const address = easel.draw(figure, 0).toDataURL('image/webp', 0.8);
  easel.close();
  return address;
}
