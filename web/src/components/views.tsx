// From where the cortex is seen.
import type { Signal } from '@preact/signals';
import { CAMERA, LAYOUTS, type Camera, type Layout } from '../cortex/camera';
import { Segments } from './controls';

const LAYOUT_NAMES: Record<Layout, string> = {
  four: '2 × 2',
  lateral: 'lateral',
  medial: 'medial',
  dorsal: 'dorsal',
  ventral: 'ventral',
  anterior: 'front',
  posterior: 'back',
};

export function Views({ camera }: { camera: Signal<Camera> }) {
  const isTurned = camera.value.turn !== 0 || camera.value.tilt !== 0 || camera.value.zoom !== 1;
  return (
    <div class="row views">
      <Segments
        label="View"
        options={LAYOUTS.map((layout) => [layout, LAYOUT_NAMES[layout]] as const)}
        value={camera.value.layout}
        change={(layout) => (camera.value = { ...CAMERA, inflation: camera.value.inflation, layout })}
      />
      <button class="button plain small" disabled={!isTurned} onClick={() => (camera.value = { ...CAMERA, inflation: camera.value.inflation, layout: camera.value.layout })}>
        Straighten
      </button>
    </div>
  );
}
