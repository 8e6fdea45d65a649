// Draws the cortex with WebGL 2. Shapes are given to the graphics card once, values of a second when they change: 82 kB.
import type { Borders } from './borders';
import { clipMatrix, normalMatrix, panels, project, type Camera, type Panel, type Projection } from './camera';
import { around, SIDES, type Geometry } from './geometry';
import { Lines } from './lines';
import { isSigned, texels, type Scale } from './scale';
import { COLOUR, IDENTITY, program, VERTEX } from './shaders';

const ATTRIBUTES = { pial: 0, inflated: 1, pialNormals: 2, inflatedNormals: 3, sulcalDepth: 4, value: 5, nextValue: 6 };

/** A border is as wide as what is drawn is high over this; one that is emphasised is so many times as wide. */
const THIN = 300;
const EMPHASIS = 2.2;
/** Height over width of what is drawn, where a panel is too narrow for its height. */
const FLAT = 0.7;

/** Red, green, blue, each from 0 to 1. */
export type Rgb = readonly [number, number, number];

/** Colours of what is no value. */
export interface Paper {
  gyrus: Rgb;
  sulcus: Rgb;
  /** Of the borders of all regions. */
  border: Rgb;
  /** Of the one that is emphasised. */
  line: Rgb;
}

export const LIGHT: Paper = { gyrus: [0.86, 0.86, 0.86], sulcus: [0.64, 0.64, 0.65], border: [0.25, 0.28, 0.32], line: [0.05, 0.07, 0.1] };
export const DARK: Paper = { gyrus: [0.62, 0.63, 0.65], sulcus: [0.4, 0.41, 0.43], border: [0.1, 0.12, 0.15], line: [1, 1, 1] };

export interface Scene {
  camera: Camera;
  scale: Scale;
  paper: Paper;
  hasValues: boolean;
  /** How far on from the values to those of the next second, 0 to 1. */
  between: number;
}

/** Where a panel lies on the canvas (pixels from its lower left corner). */
interface Viewport {
  panel: Panel;
  projection: Projection;
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Buffers {
  vertices: WebGLVertexArrayObject;
  values: WebGLBuffer;
  nextValues: WebGLBuffer;
}

export class Renderer {
  private readonly colour: WebGLProgram;
  private readonly identity: WebGLProgram;
  private readonly hemispheres: Buffers[];
  /** Where picking draws: numbers must not be mixed at edges, as the canvas's own pixels are. */
  private readonly onePixel: WebGLFramebuffer;
  private readonly borders: Lines;
  private readonly emphasis: Lines;
  private drawnMap: string | undefined;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly geometry: Geometry,
  ) {
    this.colour = program(gl, VERTEX, COLOUR);
    this.identity = program(gl, VERTEX, IDENTITY);
    const indices = buffer(gl);
    this.hemispheres = SIDES.map((side) => {
      const shape = geometry.hemispheres[side];
      const vertices = gl.createVertexArray();
      gl.bindVertexArray(vertices);
      for (const name of ['pial', 'inflated', 'pialNormals', 'inflatedNormals'] as const) attribute(gl, ATTRIBUTES[name], shape[name], 3);
      attribute(gl, ATTRIBUTES.sulcalDepth, shape.sulcalDepth, 1);
      const nothing = new Float32Array(geometry.vertices);
      const values = attribute(gl, ATTRIBUTES.value, nothing, 1);
      const nextValues = attribute(gl, ATTRIBUTES.nextValue, nothing, 1);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, geometry.triangles, gl.STATIC_DRAW);
      return { vertices, values, nextValues };
    });
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.enable(gl.DEPTH_TEST);
    gl.clearColor(0, 0, 0, 0);
    this.onePixel = onePixel(gl);
    this.borders = new Lines(gl, geometry);
    this.emphasis = new Lines(gl, geometry);
  }

  /** One value a vertex, left hemisphere first; `next` are those of the second after. */
  setValues(values: Float32Array, next: Float32Array): void {
    this.fill('values', values);
    this.fill('nextValues', next);
  }

  setBorders(borders: Borders | undefined): void {
    this.borders.set(borders);
  }

  /** Those of the regions that are emphasised. */
  setEmphasis(borders: Borders | undefined): void {
    this.emphasis.set(borders);
  }

  draw({ camera, scale, paper, hasValues, between }: Scene): void {
    const { gl, colour } = this;
    gl.useProgram(colour);
    this.setMap(scale);
    gl.uniform1f(this.at(colour, 'threshold'), scale.threshold);
    gl.uniform1f(this.at(colour, 'limit'), scale.limit);
    gl.uniform1i(this.at(colour, 'isSigned'), Number(isSigned(scale.map)));
    gl.uniform1i(this.at(colour, 'hasValues'), Number(hasValues));
    gl.uniform3fv(this.at(colour, 'gyrus'), paper.gyrus);
    gl.uniform3fv(this.at(colour, 'sulcus'), paper.sulcus);
    this.drawPanels(colour, camera, between, { x: 0, y: 0 });
    for (const { panel, projection, x, y, width, height } of this.viewports(camera)) {
      gl.viewport(x, y, width, height);
      const pen = { clip: clipMatrix(projection), inflation: camera.inflation, size: [width, height] as const, width: Math.max(1, Math.min(height, FLAT * width) / THIN) };
      this.borders.draw(panel.sides, { ...pen, colour: paper.border });
      this.emphasis.draw(panel.sides, { ...pen, width: EMPHASIS * pen.width, colour: paper.line });
    }
  }

  /** The vertex under a pixel of the canvas (from its top left corner), by its place in a row of values. */
  pick(x: number, y: number, camera: Camera): number | undefined {
    const { gl, identity, geometry } = this;
    const fromBelow = gl.drawingBufferHeight - 1 - y;
    const viewport = this.viewports(camera).find(
      (one) => x >= one.x && x < one.x + one.width && fromBelow >= one.y && fromBelow < one.y + one.height,
    );
    if (!viewport) return undefined;
    gl.useProgram(identity);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.onePixel);
    this.drawPanels(identity, camera, 0, { x, y: fromBelow });
    const pixel = new Uint8Array(4);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    const number = pixel[0] + 256 * pixel[1] + 65536 * pixel[2] - 1;
    return number < 0 ? undefined : nearest(number, geometry, camera, viewport, x + 0.5, fromBelow + 0.5);
  }

  viewports(camera: Camera): Viewport[] {
    const { drawingBufferWidth: wide, drawingBufferHeight: high } = this.gl;
    return panels(camera.layout).map((panel) => {
      const [x, width, height] = [Math.round(panel.left * wide), Math.round(panel.width * wide), Math.round(panel.height * high)];
      const y = Math.round((1 - panel.top - panel.height) * high);
      return { panel, projection: project(panel, camera, this.geometry, width / height), x, y, width, height };
    });
  }

  /** Draws with the pixel `origin` of the canvas at the lower left of the target. */
  private drawPanels(program: WebGLProgram, camera: Camera, between: number, origin: { x: number; y: number }): void {
    const { gl, geometry } = this;
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniform1f(this.at(program, 'inflation'), camera.inflation);
    gl.uniform1f(this.at(program, 'between'), between);
    for (const { panel, projection, x, y, width, height } of this.viewports(camera)) {
      gl.viewport(x - origin.x, y - origin.y, width, height);
      gl.uniformMatrix4fv(this.at(program, 'clip'), false, clipMatrix(projection));
      gl.uniformMatrix3fv(this.at(program, 'eye'), false, normalMatrix(projection));
      for (const side of panel.sides) {
        gl.uniform1i(this.at(program, 'first'), side * geometry.vertices);
        gl.bindVertexArray(this.hemispheres[side].vertices);
        gl.drawElements(gl.TRIANGLES, geometry.triangles.length, gl.UNSIGNED_SHORT, 0);
      }
    }
  }

  private fill(which: 'values' | 'nextValues', values: Float32Array): void {
    const { gl, geometry } = this;
    for (const side of SIDES) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.hemispheres[side][which]);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, values, side * geometry.vertices, geometry.vertices);
    }
  }

  private setMap({ map }: Scale): void {
    if (this.drawnMap === map) return;
    this.drawnMap = map;
    const { gl } = this;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels(map));
  }

  private readonly places = new Map<WebGLProgram, Map<string, WebGLUniformLocation | null>>();

  private at(program: WebGLProgram, name: string): WebGLUniformLocation | null {
    const known = this.places.get(program) ?? new Map<string, WebGLUniformLocation | null>();
    this.places.set(program, known);
    if (!known.has(name)) known.set(name, this.gl.getUniformLocation(program, name));
    return known.get(name) ?? null;
  }
}

/** Of a triangle's vertex and those around it, the one that is drawn nearest to a pixel. */
function nearest(number: number, geometry: Geometry, camera: Camera, viewport: Viewport, x: number, y: number): number {
  const side = number < geometry.vertices ? 0 : 1;
  const first = side * geometry.vertices;
  const { pial, inflated } = geometry.hemispheres[side];
  const { right, up, centre, halfWidth, halfHeight } = viewport.projection;
  const distance = (vertex: number): number => {
    const along = (axis: readonly number[]) =>
      axis.reduce((sum, part, index) => {
        const at = 3 * vertex + index;
        return sum + part * (pial[at] + camera.inflation * (inflated[at] - pial[at]) - centre[index]);
      }, 0);
    const seenX = viewport.x + (0.5 + along(right) / halfWidth / 2) * viewport.width;
    const seenY = viewport.y + (0.5 + along(up) / halfHeight / 2) * viewport.height;
    return Math.hypot(seenX - x, seenY - y);
  };
  return first + around(number - first, geometry.triangles).reduce((best, vertex) => (distance(vertex) < distance(best) ? vertex : best));
}

function onePixel(gl: WebGL2RenderingContext): WebGLFramebuffer {
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  for (const [attachment, format] of [[gl.COLOR_ATTACHMENT0, gl.RGBA8], [gl.DEPTH_ATTACHMENT, gl.DEPTH_COMPONENT24]] as const) {
    const pixels = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, pixels);
    gl.renderbufferStorage(gl.RENDERBUFFER, format, 1, 1);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, attachment, gl.RENDERBUFFER, pixels);
  }
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  return frame;
}

function buffer(gl: WebGL2RenderingContext): WebGLBuffer {
  return gl.createBuffer();
}

function attribute(gl: WebGL2RenderingContext, place: number, values: Float32Array, width: number): WebGLBuffer {
  const made = buffer(gl);
  gl.bindBuffer(gl.ARRAY_BUFFER, made);
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
  gl.enableVertexAttribArray(place);
  gl.vertexAttribPointer(place, width, gl.FLOAT, false, 0, 0);
  return made;
}
