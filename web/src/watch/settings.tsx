// How the cortex is drawn: how far it is inflated, the map, its threshold and its limit.
import { Slider } from '../components/controls';
import { MAPS, type MapName, type Scale } from '../cortex/scale';
import type { Session } from './session';

export function Drawing({ session: { camera, scale, smooth }, range }: { session: Session; range: number }) {
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
      <Slider label="Limit, the same for all seconds" value={now.limit} min={step} max={most} step={step} change={(limit) => change({ limit })} />
      <Slider label="Pial to inflated" value={camera.value.inflation} min={0} max={1} step={0.01} change={(inflation) => (camera.value = { ...camera.value, inflation })} />
      <div class="row spread">
        <label class="row small">
          <span class="label">Map</span>
          <select class="box" aria-label="Colour map" value={now.map} onChange={({ currentTarget }) => change({ map: currentTarget.value as MapName })}>
            {MAPS.map((map) => (
              <option key={map} value={map}>
                {map}
              </option>
            ))}
          </select>
        </label>
        <label class="row small" title="Between one second and the next; off, the cortex changes once a second, as it is predicted">
          <input type="checkbox" checked={smooth.value} onChange={({ currentTarget }) => (smooth.value = currentTarget.checked)} />
          Interpolate
        </label>
      </div>
    </section>
  );
}
