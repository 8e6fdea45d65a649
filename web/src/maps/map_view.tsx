// A map on the cortex, alone or compared with another, and its colours.
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { named, type Anatomy } from '../anatomy';
import { ColourBar, digits } from '../components/colour_bar';
import { CortexView } from '../components/cortex_view';
import { Views } from '../components/views';
import type { Way } from './comparison';
import { facesOf, readingsOf, type Compared } from './faces';
import type { Look } from './look';
import type { Outlines } from './outlines';
import type { Scale } from '../cortex/scale';

export interface StillMap {
  /** What the map is of, for people. */
  title: string;
  /** What is drawn; zeros and NaN are not. */
  values: Float32Array | undefined;
  /** What is read under the pointer, where it is more than what is drawn. */
  read?: Float32Array | undefined;
}

interface Props {
  anatomy: Anatomy;
  look: Look;
  outlines: Outlines;
  map: StillMap;
  /** How it is compared, with what, and the scale of that. */
  compared?: { way: Way; other: StillMap; scale: Scale | undefined } | undefined;
  unit: string;
  /** Beside the colour bar. */
  said?: string | undefined;
  /** Over the cortex. */
  above?: ComponentChildren;
}

export function MapView({ anatomy, look, outlines, map, compared, unit, said, above }: Props) {
  const { camera, region } = look;
  const scale = compared ? compared.scale : look.scale.value;
  const way = compared?.way ?? 'one';
  const both = [useDrawn(map), useDrawn(compared?.other ?? NOTHING)] as const;
  const faces = useMemo(() => facesOf(way, ...both), [way, ...both]);
  const readings = useMemo(() => readingsOf(way, ...both), [way, ...both]);
  return (
    <section class="map-view" aria-label="Cortex">
      <div>
        {above && <div class="above">{above}</div>}
        <Views camera={camera} />
      </div>
      {scale ? (
        <CortexView
          anatomy={anatomy}
          camera={camera}
          region={region}
          outlines={outlines}
          scale={scale}
          faces={faces}
          readings={readings}
          label={(title) => `Cortex, ${camera.value.layout} view: ${title}, drawn from ${digits(scale.threshold)} to ${digits(scale.limit)} ${unit}. The table of regions has values as text.`}
          click={(place) => (region.value = named(place, anatomy).region)}
        />
      ) : (
        <div class="cortex waiting">Reading the map …</div>
      )}
      <div class="legend">
        {scale && <ColourBar scale={scale} unit={unit} />}
        {said && <p class="small soft">{said}</p>}
      </div>
    </section>
  );
}

const NOTHING: StillMap = { title: '', values: undefined };

/** A map as it is drawn: where there is no value, nothing. */
export function useDrawn({ title, values, read }: StillMap): Compared {
  return useMemo(() => ({ title, shown: { values: values?.map((value) => (Number.isNaN(value) ? 0 : value)) }, read: read ?? values }), [title, values, read]);
}
