// Lines on the cortex, as wide as they are asked to be: each is a strip of two triangles that always faces the eye.
import { edgesAt, type Borders } from './borders';
import { SIDES, type Geometry, type Side } from './geometry';
import { program } from './shaders';

/** Both ends of a line, on the pial surface and on the inflated one. */
const ENDS = ['fromPial', 'toPial', 'fromInflated', 'toInflated'] as const;

const VERTEX = `#version 300 es
layout(location = 0) in vec3 fromPial;
layout(location = 1) in vec3 toPial;
layout(location = 2) in vec3 fromInflated;
layout(location = 3) in vec3 toInflated;
uniform mat4 clip;
uniform float inflation;
uniform vec2 size;
uniform float width;
// Towards the eye, off the surface that the line lies in.
const float LIFT = 0.004;
void main() {
  vec4 from = clip * vec4(mix(fromPial, fromInflated, inflation), 1.0);
  vec4 to = clip * vec4(mix(toPial, toInflated, inflation), 1.0);
  vec2 along = (to.xy - from.xy) * size;
  along = length(along) > 1e-6 ? normalize(along) : vec2(1.0, 0.0);
  float end = (gl_VertexID & 1) == 1 ? 1.0 : -1.0;
  float side = gl_VertexID < 2 ? -1.0 : 1.0;
  vec4 at = end > 0.0 ? to : from;
  // Half as long again as wide at each end, so that lines meet without gaps.
  vec2 off = (side * vec2(-along.y, along.x) + 0.5 * end * along) * width;
  gl_Position = vec4(at.xy + off / size, at.z - LIFT, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 colour;
out vec4 pixel;
void main() {
  pixel = vec4(colour, 1.0);
}`;

interface Strip {
  lines: WebGLVertexArrayObject;
  ends: WebGLBuffer;
  count: number;
}

/** How lines are drawn: clip space, how far it is inflated, the viewport and the width (pixels), the colour. */
export interface Pen {
  clip: Float32Array;
  inflation: number;
  size: readonly [number, number];
  width: number;
  colour: readonly [number, number, number];
}

export class Lines {
  private readonly program: WebGLProgram;
  private readonly strips: readonly Strip[];

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly geometry: Geometry,
  ) {
    this.program = program(gl, VERTEX, FRAGMENT);
    this.strips = SIDES.map(() => {
      const [lines, ends] = [gl.createVertexArray(), gl.createBuffer()];
      gl.bindVertexArray(lines);
      gl.bindBuffer(gl.ARRAY_BUFFER, ends);
      ENDS.forEach((_, place) => {
        gl.enableVertexAttribArray(place);
        gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 12 * ENDS.length, 12 * place);
        gl.vertexAttribDivisor(place, 1);
      });
      return { lines, ends, count: 0 };
    });
  }

  set(borders: Borders | undefined): void {
    const { gl } = this;
    for (const side of SIDES) {
      const points = this.points(side, borders?.[side] ?? new Uint32Array(0));
      const strip = this.strips[side];
      strip.count = points.length / (3 * ENDS.length);
      gl.bindBuffer(gl.ARRAY_BUFFER, strip.ends);
      gl.bufferData(gl.ARRAY_BUFFER, points, gl.DYNAMIC_DRAW);
    }
  }

  draw(sides: readonly Side[], { clip, inflation, size, width, colour }: Pen): void {
    const { gl, program } = this;
    if (sides.every((side) => this.strips[side].count === 0)) return;
    const at = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
    gl.useProgram(program);
    gl.uniformMatrix4fv(at('clip'), false, clip);
    gl.uniform1f(at('inflation'), inflation);
    gl.uniform2f(at('size'), ...size);
    gl.uniform1f(at('width'), width);
    gl.uniform3f(at('colour'), ...colour);
    for (const side of sides) {
      gl.bindVertexArray(this.strips[side].lines);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.strips[side].count);
    }
  }

  private points(side: Side, corners: Uint32Array): Float32Array {
    const { triangles, hemispheres } = this.geometry;
    const points = new Float32Array(3 * ENDS.length * corners.length);
    corners.forEach((corner, line) => {
      const edges = edgesAt(corner, triangles);
      [hemispheres[side].pial, hemispheres[side].inflated].forEach((surface, shape) =>
        edges.forEach(([one, other], end) => {
          for (let axis = 0; axis < 3; axis++) {
            points[12 * line + 6 * shape + 3 * end + axis] = (surface[3 * one + axis] + surface[3 * other + axis]) / 2;
          }
        }),
      );
    });
    return points;
  }
}
