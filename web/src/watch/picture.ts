// A picture of what is seen: the cortex with its colour bar, and what must be said of it.
import { digits, paintBar } from '../components/colour_bar';
import type { Cortex } from '../cortex/cortex';
import { lowest, type Scale } from '../cortex/scale';
import { UNIT } from '../model';

const FOOT = 150;
const BAR = { width: 420, height: 18 };

/** Draws the canvas as it stands, on white, with captions; `said` are lines of text. */
export async function picture(cortex: Cortex, scale: Scale, said: readonly string[]): Promise<Blob> {
  cortex.draw();
  const { canvas } = cortex;
  const sheet = new OffscreenCanvas(canvas.width, canvas.height + FOOT);
  const context = sheet.getContext('2d');
  if (!context) throw new Error('this browser draws no pictures');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.drawImage(canvas, 0, 0);
  const left = (sheet.width - BAR.width) / 2;
  paintBar(context, scale, left, canvas.height + 8, BAR.width, BAR.height);
  context.fillStyle = '#12181f';
  context.textAlign = 'center';
  context.font = '15px system-ui, sans-serif';
  const label = (value: number, x: number): void => context.fillText(digits(value), x, canvas.height + 46);
  label(lowest(scale), left);
  label(scale.limit, left + BAR.width);
  context.fillText(`${UNIT}; drawn from ${digits(scale.threshold)}`, sheet.width / 2, canvas.height + 46);
  context.fillStyle = '#55606b';
  said.forEach((line, index) => context.fillText(line, sheet.width / 2, canvas.height + 80 + 22 * index));
  return sheet.convertToBlob({ type: 'image/png' });
}

/** A small picture for lists, as an address that holds its own bytes. */
export function thumbnail(cortex: Cortex): string {
  cortex.draw();
  const small = document.createElement('canvas');
  small.width = 240;
  small.height = Math.round((240 * cortex.canvas.height) / cortex.canvas.width);
  small.getContext('2d')?.drawImage(cortex.canvas, 0, 0, small.width, small.height);
  return small.toDataURL('image/webp', 0.8);
}
