// The cortex as an element of a page: the canvas, what is written over its panels, and what stands in its place where the browser
// has no WebGL 2.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Cortex, type Listener, type Shown } from '../cortex/cortex';
import { CAMERA, panels } from '../cortex/camera';
import type { Geometry } from '../cortex/geometry';
import { DARK, LIGHT } from '../cortex/renderer';
import { theme } from '../theme';

interface Props extends Listener {
  geometry: Geometry;
  /** What it shows, for those who do not see it. */
  label: string;
  shown: Partial<Shown>;
  /** In its place, without WebGL 2. */
  instead?: ComponentChildren;
  children?: ComponentChildren;
}

export function CortexCanvas({ geometry, label, shown, instead, children, ...listener }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const cortex = useRef<Cortex | undefined>(undefined);
  const latest = useRef(listener);
  latest.current = listener;
  const [fails, setFails] = useState(false);

  useEffect(() => {
    if (!canvas.current) return;
    try {
      const drawn = new Cortex(canvas.current, geometry, {
        hover: (vertex, x, y) => latest.current.hover?.(vertex, x, y),
        click: (vertex) => latest.current.click?.(vertex),
        camera: (camera) => latest.current.camera?.(camera),
      });
      cortex.current = drawn;
      return () => drawn.close();
    } catch {
      setFails(true);
      return;
    }
  }, [geometry]);

  const paper = theme.value === 'dark' ? DARK : LIGHT;
  useEffect(() => cortex.current?.show({ ...shown, paper }));

  if (fails) {
    return (
      <div class="cortex stack">
        <p class="note">This browser has no WebGL 2, so the cortex cannot be moved here.</p>
        {instead}
      </div>
    );
  }
  return (
    <div class="cortex">
      <canvas key={geometry.vertices} ref={canvas} role="img" aria-label={label} />
      {panels(shown.camera?.layout ?? CAMERA.layout).map(({ name, edges, left, top, width, height }) => (
        <div key={name} aria-hidden="true">
          <span class="edge" style={{ left: `calc(${100 * left}% + 0.5rem)`, top: `${100 * (top + height / 2)}%` }}>{edges[0]}</span>
          <span class="edge" style={{ right: `calc(${100 * (1 - left - width)}% + 0.5rem)`, top: `${100 * (top + height / 2)}%` }}>{edges[1]}</span>
          <span class="name" style={{ left: `calc(${100 * left}% + 0.75rem)`, top: `calc(${100 * top}% + 0.35rem)` }}>{name}</span>
        </div>
      ))}
      {children}
    </div>
  );
}
