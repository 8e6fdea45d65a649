// Three slices of a volume, drawn by NiiVue, which comes with this file when slices are first asked for.
import { NVImage, Niivue, SHOW_RENDER, SLICE_TYPE } from '@niivue/niivue';
import { colour, isSigned, type Scale } from '../cortex/scale';
import type { Millimetres, Subcortex } from './subcortex';

/** Red, green, blue, 0 to 1: around the slices, and of crosshair and letters. */
interface Look {
  ground: readonly number[];
  ink: readonly number[];
}

/** Nothing, the cortex, the subcortex: as what lies around the slices, and two steps from there towards the ink. */
function greys({ ground, ink }: Look) {
  const channel = (index: number): number[] => [0, 0.16, 0.34].map((part) => Math.round(255 * (ground[index] + part * (ink[index] - ground[index]))));
  return { R: channel(0), G: channel(1), B: channel(2), A: [255, 255, 255], I: [0, 128, 255] };
}

/** Slices are moved (mm) and enlarged so that the subcortex fills them. */
const CENTRE = [0, 8, 12] as const;
const ZOOM = 1.5;

/** The colours of one side of zero, from the threshold to the limit, as NiiVue takes them. */
function colours(scale: Scale, sign: 1 | -1) {
  const levels = Array.from({ length: 256 }, (_, level) => level);
  const mixed = levels.map((level) => colour(sign * (scale.threshold + ((scale.limit - scale.threshold) * level) / 255), scale));
  const channel = (index: number): number[] => mixed.map((rgb) => rgb[index]);
  return { R: channel(0), G: channel(1), B: channel(2), A: levels.map((level) => (level > 0 ? 255 : 0)), I: levels };
}

export class Slices {
  private readonly niivue: Niivue;
  private values: NVImage | undefined;

  /** `moved` hears where the crosshair was put. */
  constructor(
    moved: (millimetres: Millimetres) => void,
    private readonly look: Look,
  ) {
    this.niivue = new Niivue({
      isResizeCanvas: true,
      dragAndDropEnabled: false,
      show3Dcrosshair: false,
      isColorbar: false,
      loadingText: '',
      crosshairWidth: 1,
      crosshairColor: [...look.ink, 0.75],
      fontColor: [...look.ink, 1],
      backColor: [...look.ground, 1],
      multiplanarShowRender: SHOW_RENDER.NEVER,
      isNearestInterpolation: true,
    });
    this.niivue.onLocationChange = (location) => {
      const [x, y, z] = (location as { mm: number[] }).mm;
      moved([x, y, z]);
    };
  }

  /** Fails where there is no WebGL 2. */
  async attach(canvas: HTMLCanvasElement, { structures, ground: below }: Subcortex): Promise<void> {
    const image = (name: string): Promise<NVImage> => NVImage.loadFromUrl({ url: `${name}.nii`, name: `${name}.nii`, buffer: structures.slice(0) });
    const [ground, values] = await Promise.all([image('structures'), image('values')]);
    this.niivue.addColormap('ground', greys(this.look));
    Object.assign(ground, { img: below, colormap: 'ground', cal_min: 0, cal_max: 2 });
    this.values = values;
    await this.niivue.attachToCanvas(canvas);
    this.niivue.setSliceType(SLICE_TYPE.MULTIPLANAR);
    this.niivue.setPan2Dxyzmm([...CENTRE, ZOOM]);
    this.niivue.addVolume(ground);
    this.niivue.addVolume(values);
  }

  /** `voxels` are those of the whole image, NaN where there is none. */
  show(voxels: Float32Array, scale: Scale): void {
    const { niivue, values } = this;
    if (!values) return;
    niivue.addColormap('above', colours(scale, 1));
    niivue.addColormap('below', colours(scale, -1));
    Object.assign(values, { img: voxels, colormap: 'above', colormapNegative: isSigned(scale.map) ? 'below' : '', cal_min: scale.threshold, cal_max: scale.limit });
    niivue.updateGLVolume();
  }

  moveTo(millimetres: Millimetres): void {
    const [x, y, z] = millimetres;
    this.niivue.scene.crosshairPos = this.niivue.mm2frac([x, y, z]);
    this.niivue.drawScene();
  }

  close(): void {
    this.niivue.cleanup();
    this.niivue.gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}
