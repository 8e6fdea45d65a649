// How values are drawn on the cortex: threshold and limit, how far it is inflated, the colours, and what else belongs there.
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Camera } from '../cortex/camera';
import { MAPS, type MapName, type Scale } from '../cortex/scale';
import { Slider } from './controls';

interface Props {
  camera: Signal<Camera>;
  scale: Signal<Scale | undefined>;
  /** The greatest value there is, or near it. */
  range: number;
  limitLabel?: string;
  children?: ComponentChildren;
}

export function Drawing({ camera, scale, range, limitLabel = 'Limit', children }: Props) {
  const now = scale.value;
  if (!now) return null;
  const change = (part: Partial<Scale>): void => {
    const next = { ...now, ...part };
    scale.value = { ...next, threshold: Math.min(next.threshold, next.limit) };
  };
  const most = Number((2 * Math.max(range, now.limit / 2)).toPrecision(2));
  const step = 10 ** Math.floor(Math.log10(most / 100));
  return (
    <section class="drawing stack" aria-label="How it is drawn">
      <Slider label="Threshold" value={now.threshold} min={0} max={now.limit} step={step} change={(threshold) => change({ threshold })} />
      <Slider label={limitLabel} value={now.limit} min={step} max={most} step={step} change={(limit) => change({ limit })} />
      <Slider label="Pial to inflated" value={camera.value.inflation} min={0} max={1} step={0.01} change={(inflation) => (camera.value = { ...camera.value, inflation })} />
      <div class="row spread">
        <label class="row small">
          <span class="label">Colours</span>
          <select class="box" aria-label="Colour map" value={now.map} onChange={({ currentTarget }) => change({ map: currentTarget.value as MapName })}>
            {MAPS.map((map) => (
              <option key={map} value={map}>
                {map}
              </option>
            ))}
          </select>
        </label>
        {children}
      </div>
    </section>
  );
}
