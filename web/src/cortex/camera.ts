// From where the cortex is seen: panels of one canvas, each with a line of sight, all turned together.
import { LEFT, RIGHT, SIDES, type Geometry, type Point, type Side } from './geometry';

/** Four views of single hemispheres, or one of both. */
export const LAYOUTS = ['four', 'lateral', 'medial', 'dorsal', 'ventral', 'anterior', 'posterior'] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface Camera {
  layout: Layout;
  /** Turned from the layout's line of sight, to the right and up (degrees). Hemispheres side by side turn as mirror images. */
  turn: number;
  tilt: number;
  /** 1 fits the inflated cortex into the panels. */
  zoom: number;
  /** 0 is the pial surface, 1 the inflated one. */
  inflation: number;
}

export const CAMERA: Camera = { layout: 'four', turn: 0, tilt: 0, zoom: 1, inflation: 1 };

/** A part of the canvas. */
export interface Panel {
  sides: readonly Side[];
  /** Fractions of the canvas from its top left corner. */
  left: number;
  top: number;
  width: number;
  height: number;
  /** What it shows, for people. */
  name: string;
  /** What lies at its left and right edges: L, R, A or P. */
  edges: readonly [string, string];
  /** Azimuth and elevation of the eye before it is turned (degrees): 0 is in front, 90 at the right, 180 behind. */
  azimuth: number;
  elevation: number;
  /** Whether a turn is mirrored. */
  mirrored: boolean;
  /** Width and height that must fit in (mm). */
  extent: readonly [number, number];
}

const SINGLE: readonly [number, number] = [222, 156];
const PAIR: readonly [number, number] = [196, 222];
const FACING: readonly [number, number] = [196, 148];

function single(side: Side, view: 'lateral' | 'medial', place: Pick<Panel, 'left' | 'top' | 'width' | 'height'>): Panel {
  const fromLeft = (side === LEFT) === (view === 'lateral');
  return {
    ...place,
    sides: [side],
    name: `${side === LEFT ? 'left' : 'right'} ${view}`,
    edges: fromLeft ? ['A', 'P'] : ['P', 'A'],
    azimuth: fromLeft ? 270 : 90,
    elevation: 0,
    mirrored: side === RIGHT,
    extent: SINGLE,
  };
}

function whole(name: string, azimuth: number, elevation: number, edges: Panel['edges'], extent: Panel['extent']): Panel[] {
  return [{ sides: SIDES, left: 0, top: 0, width: 1, height: 1, name, edges, azimuth, elevation, mirrored: false, extent }];
}

export function panels(layout: Layout): Panel[] {
  switch (layout) {
    case 'four':
      return SIDES.flatMap((side) =>
        (['lateral', 'medial'] as const).map((view, row) =>
          single(side, view, { left: side / 2, top: row / 2, width: 0.5, height: 0.5 }),
        ),
      );
    case 'lateral':
    case 'medial':
      return SIDES.map((side) => single(side, layout, { left: side / 2, top: 0, width: 0.5, height: 1 }));
    case 'dorsal':
      return whole('from above', 180, 90, ['L', 'R'], PAIR);
    case 'ventral':
      return whole('from below', 0, -90, ['R', 'L'], PAIR);
    case 'anterior':
      return whole('from the front', 0, 0, ['R', 'L'], FACING);
    case 'posterior':
      return whole('from behind', 180, 0, ['L', 'R'], FACING);
  }
}

/** How a panel projects: axes of the screen in millimetres of the brain, and how many millimetres half the panel is. */
export interface Projection {
  right: Point;
  up: Point;
  /** Towards the eye. */
  eye: Point;
  centre: Point;
  halfWidth: number;
  halfHeight: number;
}

const DEPTH = 320;

export function project(panel: Panel, camera: Camera, geometry: Geometry, aspect: number): Projection {
  const azimuth = radians(panel.azimuth + (panel.mirrored ? -camera.turn : camera.turn));
  const elevation = radians(panel.elevation + camera.tilt);
  const eye: Point = [Math.cos(elevation) * Math.sin(azimuth), Math.cos(elevation) * Math.cos(azimuth), Math.sin(elevation)];
  const right: Point = [-Math.cos(azimuth), Math.sin(azimuth), 0];
  const up = cross(eye, right);
  const [width, height] = panel.extent;
  const halfHeight = Math.max(height, width / aspect) / 2 / camera.zoom;
  return { right, up, eye, centre: centre(panel, camera, geometry), halfWidth: halfHeight * aspect, halfHeight };
}

function centre(panel: Panel, { inflation }: Camera, { hemispheres }: Geometry): Point {
  const middles = panel.sides.map((side) => {
    const { pial, inflated } = hemispheres[side].centres;
    return pial.map((value, axis) => value + inflation * (inflated[axis] - value));
  });
  const mean = (axis: number) => middles.reduce((sum, point) => sum + point[axis], 0) / middles.length;
  return [mean(0), mean(1), mean(2)];
}

/** Column by column, for the shader: millimetres to clip space. */
export function clipMatrix({ right, up, eye, centre, halfWidth, halfHeight }: Projection): Float32Array {
  const rows = [scaled(right, 1 / halfWidth), scaled(up, 1 / halfHeight), scaled(eye, -1 / DEPTH)];
  const columns = [0, 1, 2].flatMap((axis) => [...rows.map((row) => row[axis]), 0]);
  return new Float32Array([...columns, ...rows.map((row) => -dot(row, centre)), 1]);
}

/** Column by column: directions of the brain to those of the eye. */
export function normalMatrix({ right, up, eye }: Projection): Float32Array {
  return new Float32Array([0, 1, 2].flatMap((axis) => [right[axis], up[axis], eye[axis]]));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

export function dot(a: Point, b: Point): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function scaled(point: Point, factor: number): Point {
  return [point[0] * factor, point[1] * factor, point[2] * factor];
}

function cross(a: Point, b: Point): Point {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
