// Cortexes side by side under one camera and one scale, the borders of regions, and what is under the pointer in all of them.
import { useSignal, type Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { named, type Anatomy } from '../anatomy';
import { borders } from '../cortex/borders';
import type { Camera } from '../cortex/camera';
import type { Shown } from '../cortex/cortex';
import type { Scale } from '../cortex/scale';
import type { Parcel } from '../maps/atlases';
import type { Outlines } from '../maps/outlines';
import { announce } from './announce';
import { digits } from './colour_bar';
import { CortexCanvas } from './cortex_canvas';
import { Tip, type Pointed, type Reading } from './tip';

/** A cortex among others. */
export interface Face {
  /** Over it, where there are several. */
  title: string;
  shown: Pick<Shown, 'values'> & Partial<Pick<Shown, 'next' | 'between'>>;
}

interface Props {
  anatomy: Anatomy;
  camera: Signal<Camera>;
  region: Signal<string | undefined>;
  outlines: Outlines;
  scale: Scale;
  faces: readonly Face[];
  /** What is read under the pointer, of every face: more than what is drawn, where something is left out. */
  readings: readonly Reading[];
  /** What a face shows, for those who do not see it. */
  label(title: string): string;
  click(place: number): void;
  /** In the place of each, without WebGL 2. */
  instead?: ComponentChildren;
  /** Over the first. */
  children?: ComponentChildren;
}

export function CortexView({ anatomy, camera, region, outlines, scale, faces, readings, label, click, instead, children }: Props) {
  const pointed = useSignal<(Pointed & { face: number }) | undefined>(undefined);
  const lines = useLines(anatomy, outlines, region.value, pointed.value?.place);
  return (
    <div class="faces">
      {faces.map(({ title, shown }, face) => (
        <figure key={face} aria-label={title}>
          {faces.length > 1 && <figcaption class="small">{title}</figcaption>}
          <CortexCanvas
            geometry={anatomy.geometry}
            label={label(title)}
            shown={{ next: undefined, between: 0, ...shown, scale, camera: camera.value, ...lines }}
            hover={(place, x, y) => (pointed.value = place === undefined ? undefined : { place, x, y, face })}
            click={(place) => {
              click(place);
              announce(spoken(place, anatomy, readings));
            }}
            camera={(turned) => (camera.value = turned)}
            instead={instead}
          >
            {pointed.value?.face === face && <Tip pointed={pointed.value} anatomy={anatomy} parcel={outlines.areShown.value ? outlines.parcellation.value?.parcelAt[pointed.value.place] : undefined} readings={readings} />}
            {face === 0 && children}
          </CortexCanvas>
        </figure>
      ))}
    </div>
  );
}

/** The borders of all regions, and those of the chosen one and of the one under the pointer. */
export function useLines(anatomy: Anatomy, outlines: Outlines, region: string | undefined, pointed: number | undefined): Pick<Shown, 'borders' | 'emphasis'> {
  const parcellation = outlines.areShown.value ? outlines.parcellation.value : undefined;
  const hovered = pointed === undefined ? undefined : parcellation?.parcelAt[pointed];
  const all = useMemo(() => parcellation && borders(parcellation.parcels.map(({ vertices }) => vertices), anatomy.geometry), [parcellation, anatomy]);
  const emphasis = useMemo(() => {
    const known: readonly Parcel[] = [...anatomy.regions, ...(parcellation?.parcels ?? [])];
    const emphasised = known.filter(({ name }, place) => (name === region || name === hovered) && known.findIndex((one) => one.name === name) === place);
    return emphasised.length > 0 ? borders(emphasised.map(({ vertices }) => vertices), anatomy.geometry) : undefined;
  }, [parcellation, anatomy, region, hovered]);
  return { borders: all, emphasis };
}

function spoken(place: number, anatomy: Anatomy, readings: readonly Reading[]): string {
  const { hemisphere, vertex, region } = named(place, anatomy);
  const values = readings.map(({ name, values }) => `, ${name ?? 'value'} ${values ? digits(values[place]) : 'not here yet'}`).join('');
  return `${region ?? 'no named region'}, ${hemisphere} vertex ${vertex}${values}`;
}
