// A figure as SVG: text and colour bar as vectors, to be edited; the cortexes as pictures inside.
import { colour, isShown, lowest, type Scale } from '../cortex/scale';
import { layOut, type Box, type Figure } from './figure';
import { easelFor, FONT, RESOLUTION } from './paint';

const WIDTH = 1200;
/** Stops of the colour bar's gradient; more where it turns grey. */
const STOPS = 64;
const GREY = 'rgb(150,152,155)';

export function asSvg(figure: Figure): Blob {
  const layout = layOut(figure, WIDTH);
  const easel = easelFor(figure, layout, RESOLUTION);
  try {
    const { width, height, cortexes, bar, texts } = layout;
    const picture = ({ x, y, width, height }: Box, face: number): string =>
      `<image x="${x}" y="${y}" width="${width}" height="${height}" href="${easel.draw(figure, face).toDataURL('image/png')}"/>`;
    const lines = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(FONT)}">`,
      `<title>${escaped(figure.title)}</title>`,
      `<desc>${escaped(figure.said.join(' '))}</desc>`,
      `<rect width="${width}" height="${height}" fill="#fff"/>`,
      ...cortexes.map(picture),
      `<defs><linearGradient id="colours">${gradient(figure.scale)}</linearGradient></defs>`,
      `<rect x="${bar.x}" y="${bar.y}" width="${bar.width}" height="${bar.height}" fill="url(#colours)"/>`,
      ...texts.map(({ text, x, y, size, anchor, colour }) => `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}">${escaped(text)}</text>`),
      '</svg>',
    ];
    return new Blob([lines.join('\n')], { type: 'image/svg+xml' });
  } finally {
    easel.close();
  }
}

/** Colours of a scale from left to right, with a sharp end at the threshold. */
function gradient(scale: Scale): string {
  const low = lowest(scale);
  const span = scale.limit - low;
  const even = Array.from({ length: STOPS + 1 }, (_, stop) => low + (span * stop) / STOPS);
  const ends = (low < 0 ? [-scale.threshold, scale.threshold] : [scale.threshold]).flatMap((end) => [end - 1e-6 * span, end + 1e-6 * span]);
  return [...even, ...ends]
    .filter((value) => value >= low && value <= scale.limit)
    .sort((one, other) => one - other)
    .map((value) => `<stop offset="${((value - low) / span).toFixed(6)}" stop-color="${isShown(value, scale) ? `rgb(${colour(value, scale).join(',')})` : GREY}"/>`)
    .join('');
}

function escaped(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (letter) => names[letter]);
}
