// The colours of a scale, with numbers, a unit and a notch at the threshold.
import { useEffect, useRef } from 'preact/hooks';
import { isShown, lowest, colour, type Scale } from '../cortex/scale';

const WIDTH = 256;

/** Paints the bar into a 2-D context; where nothing is drawn on the cortex, the bar is grey. */
export function paintBar(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, scale: Scale, x: number, y: number, width: number, height: number): void {
  const low = lowest(scale);
  for (let column = 0; column < width; column++) {
    const value = low + ((scale.limit - low) * (column + 0.5)) / width;
    context.fillStyle = isShown(value, scale) ? `rgb(${colour(value, scale).join(' ')})` : 'rgb(150 152 155)';
    context.fillRect(x + column, y, 1, height);
  }
}

export function ColourBar({ scale, unit }: { scale: Scale; unit: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context) paintBar(context, scale, 0, 0, WIDTH, 10);
  }, [scale]);
  const low = lowest(scale);
  return (
    <div class="colour-bar" role="img" aria-label={`Colours from ${digits(low)} to ${digits(scale.limit)} ${unit}; not drawn below ${digits(scale.threshold)}`}>
      <canvas ref={canvas} width={WIDTH} height={10} />
      <div class="scale">
        <span>{digits(low)}</span>
        <span class="soft">{scale.threshold > 0 && `drawn from ${low < 0 ? '±' : ''}${digits(scale.threshold)}`}</span>
        <span>{digits(scale.limit)}</span>
      </div>
      <div class="unit">{unit}</div>
    </div>
  );
}

/** As many decimals as tell a hundredth of the range apart, so that numbers in a column can be compared. */
export function aligned(value: number, range: number): string {
  const decimals = Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(range || 1))));
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? (0).toFixed(decimals) : text.replace('-', '−');
}

/** Three significant digits. */
export function digits(value: number): string {
  return value === 0 ? '0' : Number(value.toPrecision(3)).toString().replace('-', '−');
}
