// How a map is drawn: threshold, limit, inflation, colours.
import { Slider } from '../components/controls';
import { MAPS, type MapName, type Scale } from '../cortex/scale';
import type { Look } from './look';

export function Drawing({ look: { camera, scale, range } }: { look: Look }) {
  const now = scale.value;
  if (!now) return null;
  const change = (part: Partial<Scale>): void => {
    const next = { ...now, ...part };
    scale.value = { ...next, threshold: Math.min(next.threshold, next.limit) };
  };
  const most = Number((2 * Math.max(range.value, now.limit / 2)).toPrecision(2));
  const step = 10 ** Math.floor(Math.log10(most / 100));
  return (
    <section class="drawing stack" aria-label="How it is drawn">
      <Slider label="Threshold" value={now.threshold} min={0} max={now.limit} step={step} change={(threshold) => change({ threshold })} />
      <Slider label="Limit" value={now.limit} min={step} max={most} step={step} change={(limit) => change({ limit })} />
      <Slider label="Pial to inflated" value={camera.value.inflation} min={0} max={1} step={0.01} change={(inflation) => (camera.value = { ...camera.value, inflation })} />
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
    </section>
  );
}
