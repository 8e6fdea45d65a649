// From where the cortex is seen.
import type { Signal } from '@preact/signals';
import { CAMERA, LAYOUTS, type Camera, type Layout } from '../cortex/camera';
import { Popover, Segments, Slider } from './controls';

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
      <Popover label="Turn" align="right">
        <Slider label="To the side (°)" value={camera.value.turn} min={-180} max={180} step={1} change={(turn) => (camera.value = { ...camera.value, turn })} />
        <Slider label="Up and down (°)" value={camera.value.tilt} min={-180} max={180} step={1} change={(tilt) => (camera.value = { ...camera.value, tilt })} />
        <Slider label="Nearer" value={camera.value.zoom} min={0.6} max={6} step={0.1} change={(zoom) => (camera.value = { ...camera.value, zoom })} />
        <p class="small soft">Or drag the cortex; pinch, or turn the wheel with Ctrl, to come nearer.</p>
        <button class="button" disabled={!isTurned} onClick={() => (camera.value = { ...CAMERA, inflation: camera.value.inflation, layout: camera.value.layout })}>
          Straighten
        </button>
      </Popover>
    </div>
  );
}
