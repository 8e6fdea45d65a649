// The cortex of a second, what is under the pointer, and its colours.
import { useComputed, useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { membersOf, named, type Anatomy } from '../anatomy';
import { announce } from '../components/announce';
import { ColourBar, digits } from '../components/colour_bar';
import { CortexCanvas } from '../components/cortex_canvas';
import { Tip, type Pointed } from '../components/tip';
import type { Cortex } from '../cortex/cortex';
import { SIDES } from '../cortex/geometry';
import { UNIT } from '../model';
import { writePin } from './pins';
import type { Rows } from './rows';
import type { Session } from './session';

interface Props {
  session: Session;
  anatomy: Anatomy;
  rows: Rows;
  made(cortex: Cortex): void;
}

export function Brain({ session, anatomy, rows, made }: Props) {
  const { row, smooth, camera, scale, region, pins } = session;
  const pointed = useSignal<Pointed | undefined>(undefined);
  const values = useComputed(() => rows.at(row.value));
  const next = useComputed(() => (smooth.value && row.value !== undefined ? rows.at(row.value + 1) : undefined));
  const between = useComputed(() => (next.value ? session.between() : 0));
  const outlined = useMemo(() => {
    const found = anatomy.regions.find(({ name }) => name === region.value);
    return found && membersOf(found, anatomy, SIDES);
  }, [anatomy, region.value]);
  if (!scale.value) return <div class="cortex waiting">Reading the response …</div>;
  const picture = session.view.files.find(({ format, subject }) => format === 'png' && subject === session.subject.value);
  const second = row.value === undefined ? 'before the first scan' : `second ${row.value + 1} of ${session.rows}`;
  return (
    <>
      <CortexCanvas
        geometry={anatomy.geometry}
        label={`Cortex, ${camera.value.layout} view, ${second}, drawn from ${digits(scale.value.threshold)} to ${digits(scale.value.limit)} ${UNIT}. The table of regions has the same values as text.`}
        shown={{ values: values.value, next: next.value, between: between.value, scale: scale.value, camera: camera.value, outlined }}
        hover={(place, x, y) => (pointed.value = place === undefined ? undefined : { place, x, y })}
        click={(place) => {
          const pin = { kind: 'vertex', place } as const;
          if (pins.value.every((known) => writePin(known) !== writePin(pin))) pins.value = [...pins.value, pin];
          announce(spoken(place, anatomy, values.value));
        }}
        camera={(turned) => (camera.value = turned)}
        made={made}
        instead={picture && <img src={picture.href.slice(1)} alt="The mean response, drawn by the server" />}
      >
        {pointed.value && <Tip pointed={pointed.value} anatomy={anatomy} values={values.value} />}
        {!values.value && row.value !== undefined && <p class="reading small">Reading second {row.value + 1} …</p>}
      </CortexCanvas>
      <div class="legend">
        <ColourBar scale={scale.value} unit={UNIT} />
      </div>
    </>
  );
}

function spoken(place: number, anatomy: Anatomy, values: Float32Array | undefined): string {
  const { hemisphere, vertex, region } = named(place, anatomy);
  return `Pinned ${region ?? 'no named region'}, ${hemisphere} vertex ${vertex}${values ? `, value ${digits(values[place])}` : ''}`;
}
