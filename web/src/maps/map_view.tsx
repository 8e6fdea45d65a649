// A map on the cortex, what is under the pointer, and its colours.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { membersOf, named, type Anatomy } from '../anatomy';
import { announce } from '../components/announce';
import { ColourBar, digits } from '../components/colour_bar';
import { CortexCanvas } from '../components/cortex_canvas';
import { Tip, type Pointed } from '../components/tip';
import { Views } from '../components/views';
import type { Cortex } from '../cortex/cortex';
import { SIDES } from '../cortex/geometry';
import type { Look } from './look';

interface Props {
  anatomy: Anatomy;
  look: Look;
  /** What is drawn; zeros and NaN are not. */
  values: Float32Array | undefined;
  /** What is read under the pointer, where it is more than what is drawn. */
  read?: Float32Array | undefined;
  /** What the map is of, for people. */
  title: string;
  unit: string;
  /** Beside the colour bar. */
  said?: string | undefined;
  /** Over the cortex. */
  above?: ComponentChildren;
  made?(cortex: Cortex): void;
}

export function MapView({ anatomy, look, values, read = values, title, unit, said, above, made }: Props) {
  const { camera, region } = look;
  const scale = look.scale.value;
  const pointed = useSignal<Pointed | undefined>(undefined);
  const drawn = useMemo(() => values?.map((value) => (Number.isNaN(value) ? 0 : value)), [values]);
  const outlined = useMemo(() => {
    const found = anatomy.regions.find(({ name }) => name === region.value);
    return found && membersOf(found, anatomy, SIDES);
  }, [anatomy, region.value]);
  return (
    <section class="map-view" aria-label="Cortex">
      <div>
        {above && <div class="above">{above}</div>}
        <Views camera={camera} />
      </div>
      {scale ? (
        <CortexCanvas
          geometry={anatomy.geometry}
          label={`Cortex, ${camera.value.layout} view: ${title}, drawn from ${digits(scale.threshold)} to ${digits(scale.limit)} ${unit}. The table of regions has values as text.`}
          shown={{ values: drawn, scale, camera: camera.value, outlined }}
          hover={(place, x, y) => (pointed.value = place === undefined ? undefined : { place, x, y })}
          click={(place) => {
            const { region: found, hemisphere, vertex } = named(place, anatomy);
            region.value = found;
            announce(`${found ?? 'no named region'}, ${hemisphere} vertex ${vertex}${read ? `, value ${digits(read[place])}` : ''}`);
          }}
          camera={(turned) => (camera.value = turned)}
          {...(made && { made })}
        >
          {pointed.value && <Tip pointed={pointed.value} anatomy={anatomy} values={read} />}
        </CortexCanvas>
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
