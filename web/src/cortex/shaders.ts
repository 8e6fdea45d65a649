// What the graphics card does: folds or inflates the cortex, colours it by its values, and draws the number of each vertex for
// picking.

export const VERTEX = `#version 300 es
layout(location = 0) in vec3 pial;
layout(location = 1) in vec3 inflated;
layout(location = 2) in vec3 pialNormal;
layout(location = 3) in vec3 inflatedNormal;
layout(location = 4) in float sulcalDepth;
layout(location = 5) in float value;
layout(location = 6) in float nextValue;
uniform mat4 clip;
uniform mat3 eye;
uniform float inflation;
uniform float between;
out vec3 normal;
out float depth;
out float shown;
flat out int vertex;
void main() {
  gl_Position = clip * vec4(mix(pial, inflated, inflation), 1.0);
  normal = eye * mix(pialNormal, inflatedNormal, inflation);
  depth = sulcalDepth;
  shown = mix(value, nextValue, between);
  vertex = gl_VertexID;
}`;

/** Greys of the folding; over them, where a value passes the threshold, its colour. */
export const COLOUR = `#version 300 es
precision highp float;
in vec3 normal;
in float depth;
in float shown;
flat in int vertex;
uniform sampler2D colours;
uniform float threshold;
uniform float limit;
uniform bool isSigned;
uniform bool hasValues;
uniform vec3 gyrus;
uniform vec3 sulcus;
out vec4 pixel;
void main() {
  vec3 n = normalize(normal);
  vec3 surface = mix(gyrus, sulcus, smoothstep(-0.25, 0.35, depth));
  float strength = isSigned ? abs(shown) : shown;
  float edge = max(fwidth(strength), 1e-6);
  float cover = threshold > 0.0 ? smoothstep(threshold - 0.5 * edge, threshold + 0.5 * edge, strength) : (strength > 0.0 ? 1.0 : 0.0);
  float place = isSigned ? 0.5 + 0.5 * shown / limit : shown / limit;
  vec3 tint = texture(colours, vec2(clamp(place, 0.002, 0.998), 0.5)).rgb;
  float lit = hasValues ? cover : 0.0;
  vec3 colour = mix(surface, tint, lit);
  float facing = clamp(n.z, 0.0, 1.0);
  float diffuse = max(dot(n, normalize(vec3(-0.25, 0.45, 0.86))), 0.0);
  colour *= (0.60 + 0.44 * diffuse) * (0.80 + 0.20 * sqrt(facing));
  pixel = vec4(colour, 1.0);
}`;

/** The number of the triangle's vertex, plus 1, in red, green and blue. */
export const IDENTITY = `#version 300 es
precision highp float;
in vec3 normal;
in float depth;
in float shown;
flat in int vertex;
uniform int first;
out vec4 pixel;
void main() {
  int number = first + vertex + 1;
  pixel = vec4(float(number & 255), float((number >> 8) & 255), float(number >> 16), 255.0) / 255.0;
}`;

export function program(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const made = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error('the graphics card takes no shader');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(`a shader does not link: ${gl.getProgramInfoLog(made)}`);
  return made;
}
