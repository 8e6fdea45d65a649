// A cortex on a canvas: give it values, a scale and a camera, and it draws itself when one of them changes. It tells which vertex
// is under the pointer or was clicked, and how the camera is dragged.
//
//     const cortex = new Cortex(canvas, await fetchGeometry('fsaverage5'), { hover, click, camera });
//     cortex.show({ values, scale: { map: 'fire', threshold: 0.2, limit: 1 } });
import type { Borders } from './borders';
import { CAMERA, type Camera, type Panel } from './camera';
import type { Geometry } from './geometry';
import { LIGHT, Renderer, type Paper } from './renderer';
import type { Scale } from './scale';

export interface Listener {
  /** The vertex under the pointer, by its place in a row; undefined beside the cortex. */
  hover?(vertex: number | undefined, x: number, y: number): void;
  click?(vertex: number): void;
  /** The camera that the pointer asks for, or a pinch (the wheel with Ctrl). */
  camera?(camera: Camera): void;
}

export interface Shown {
  /** One a vertex, left hemisphere first; undefined for a cortex without values. */
  values: Float32Array | undefined;
  /** Those of the next second, where they are to be interpolated, and how far on (0 to 1). */
  next: Float32Array | undefined;
  between: number;
  scale: Scale;
  camera: Camera;
  /** Of regions: all of them, and those that are emphasised. */
  borders: Borders | undefined;
  emphasis: Borders | undefined;
  paper: Paper;
}

const DEGREES_PER_PIXEL = 0.4;
/** A pointer that moves less clicks (pixels). */
const CLICK = 4;
const ZOOM = { least: 0.6, most: 6 };

export class Cortex {
  private readonly renderer: Renderer;
  private readonly size: ResizeObserver;
  private readonly nothing: Float32Array;
  private shown: Shown = {
    values: undefined,
    next: undefined,
    between: 0,
    scale: { map: 'fire', threshold: 0, limit: 1 },
    camera: CAMERA,
    borders: undefined,
    emphasis: undefined,
    paper: LIGHT,
  };
  private scheduled = 0;

  /** Fails where there is no WebGL 2. */
  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly geometry: Geometry,
    private readonly listener: Listener = {},
  ) {
    const gl = canvas.getContext('webgl2', { antialias: true, alpha: true, preserveDrawingBuffer: false });
    if (!gl) throw new Error('this browser has no WebGL 2');
    this.renderer = new Renderer(gl, geometry);
    this.nothing = new Float32Array(2 * geometry.vertices);
    this.size = new ResizeObserver(() => this.fit());
    this.size.observe(canvas);
    canvas.addEventListener('pointerdown', this.press);
    canvas.addEventListener('pointermove', this.move);
    canvas.addEventListener('pointerleave', this.leave);
    canvas.addEventListener('wheel', this.roll, { passive: false });
  }

  /** Changes what is shown, and draws it with the next frame of the screen. */
  show(change: Partial<Shown>): void {
    const before = this.shown;
    this.shown = { ...before, ...change };
    const { values, next, borders, emphasis } = this.shown;
    if (values !== before.values || next !== before.next) {
      this.renderer.setValues(values ?? this.nothing, next ?? values ?? this.nothing);
    }
    if (borders !== before.borders) this.renderer.setBorders(borders);
    if (emphasis !== before.emphasis) this.renderer.setEmphasis(emphasis);
    this.schedule();
  }

  /** The vertex at a place of the canvas (CSS pixels). */
  pick(x: number, y: number): number | undefined {
    const ratio = this.canvas.width / this.canvas.clientWidth;
    return this.renderer.pick(Math.floor(x * ratio), Math.floor(y * ratio), this.shown.camera);
  }

  /** Where the panels lie, for what is written over them. */
  panels(): Panel[] {
    return this.renderer.viewports(this.shown.camera).map(({ panel }) => panel);
  }

  /** Draws at once, so that the canvas can be read. */
  draw(): void {
    const { camera, scale, paper, between, values } = this.shown;
    this.renderer.draw({ camera, scale, paper, between, hasValues: values !== undefined });
  }

  /** Gives the graphics card back what it holds: browsers allow some sixteen canvases at a time. */
  close(): void {
    this.size.disconnect();
    cancelAnimationFrame(this.scheduled);
    this.canvas.getContext('webgl2')?.getExtension('WEBGL_lose_context')?.loseContext();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.draw();
    });
  }

  private fit(): void {
    const { canvas } = this;
    const ratio = Math.min(devicePixelRatio, 2);
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (width === 0 || height === 0 || (width === canvas.width && height === canvas.height)) return;
    canvas.width = width;
    canvas.height = height;
    this.draw();
  }

  private readonly press = (down: PointerEvent): void => {
    if (down.button !== 0) return;
    const { canvas, listener } = this;
    const from = this.shown.camera;
    let dragged = false;
    canvas.setPointerCapture(down.pointerId);
    const drag = (move: PointerEvent): void => {
      const [across, along] = [move.clientX - down.clientX, move.clientY - down.clientY];
      dragged ||= Math.hypot(across, along) > CLICK;
      if (!dragged) return;
      const mirrored = this.panelAt(down)?.mirrored ? -1 : 1;
      const turn = wrapped(from.turn - mirrored * across * DEGREES_PER_PIXEL);
      const tilt = Math.max(-180, Math.min(180, from.tilt + along * DEGREES_PER_PIXEL));
      listener.camera?.({ ...from, turn, tilt });
    };
    const release = (up: PointerEvent): void => {
      canvas.removeEventListener('pointermove', drag);
      canvas.removeEventListener('pointerup', release);
      canvas.removeEventListener('pointercancel', release);
      if (dragged || up.type === 'pointercancel') return;
      const vertex = this.pick(up.offsetX, up.offsetY);
      if (vertex !== undefined) listener.click?.(vertex);
    };
    canvas.addEventListener('pointermove', drag);
    canvas.addEventListener('pointerup', release);
    canvas.addEventListener('pointercancel', release);
  };

  private readonly move = (event: PointerEvent): void => {
    if (event.buttons === 0) this.listener.hover?.(this.pick(event.offsetX, event.offsetY), event.offsetX, event.offsetY);
  };

  private readonly leave = (event: PointerEvent): void => {
    this.listener.hover?.(undefined, event.offsetX, event.offsetY);
  };

  private readonly roll = (event: WheelEvent): void => {
    if (!this.listener.camera || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const { camera } = this.shown;
    const zoom = Math.max(ZOOM.least, Math.min(ZOOM.most, camera.zoom * Math.exp(-event.deltaY / 600)));
    this.listener.camera({ ...camera, zoom });
  };

  private panelAt({ offsetX, offsetY }: PointerEvent): Panel | undefined {
    const [x, y] = [offsetX / this.canvas.clientWidth, offsetY / this.canvas.clientHeight];
    return this.panels().find((panel) => x >= panel.left && x < panel.left + panel.width && y >= panel.top && y < panel.top + panel.height);
  }
}

function wrapped(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}
