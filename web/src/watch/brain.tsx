// The cortex of a second, alone or compared, and its colours.
import type { Anatomy } from '../anatomy';
import { ColourBar, digits } from '../components/colour_bar';
import { CortexView } from '../components/cortex_view';
import type { Outlines } from '../maps/outlines';
import { writePin } from './pins';
import type { Seen } from './seen';

interface Props {
  seen: Seen;
  outlines: Outlines;
  anatomy: Anatomy;
}

export function Brain({ seen, outlines, anatomy }: Props) {
  const { session, scale, unit } = seen;
  const { row, camera, region, pins } = session;
  const way = seen.comparison.way.value;
  const [faces, readings] = [seen.faces(row.value, session.between()), seen.readings(row.value)];
  if (!scale) return <div class="cortex waiting">Reading the response …</div>;
  const picture = session.view.files.find(({ format, subject }) => format === 'png' && subject === session.subject.value);
  const second = row.value === undefined ? 'before the first scan' : `second ${row.value + 1} of ${session.rows}`;
  const isHere = faces.every(({ shown: { values } }) => values);
  return (
    <>
      <CortexView
        anatomy={anatomy}
        camera={camera}
        region={region}
        outlines={outlines}
        scale={scale}
        faces={faces}
        readings={readings}
        label={(title) => `Cortex, ${title}, ${camera.value.layout} view, ${second}, drawn from ${digits(scale.threshold)} to ${digits(scale.limit)} ${unit}. The table of regions has the same values as text.`}
        click={(place) => {
          const pin = { kind: 'vertex', place } as const;
          if (pins.value.every((known) => writePin(known) !== writePin(pin))) pins.value = [...pins.value, pin];
        }}
        instead={picture && <img src={picture.href.slice(1)} alt="The mean response, drawn by the server" />}
      >
        {!isHere && row.value !== undefined && <p class="reading small">{row.value < seen.other.shared.value || way === 'one' ? `Reading second ${row.value + 1} …` : 'The other response is over.'}</p>}
      </CortexView>
      <div class="legend">
        <ColourBar scale={scale} unit={unit} />
      </div>
    </>
  );
}
