// The subcortex at the second of the cursor: three slices, where they cross, and the value there.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Problem } from '../api/client';
import { digits } from '../components/colour_bar';
import { ProblemNote } from '../components/problem';
import { theme } from '../theme';
import type { Session } from '../watch/session';
import type { Slices } from './slices';
import { Subcortex, type Millimetres } from './subcortex';

/** Red, green, blue, 0 to 1, of what lies around the slices and of crosshair and letters. */
const LOOKS = {
  light: { ground: [1, 1, 1], ink: [0.07, 0.09, 0.12] },
  dark: { ground: [0.07, 0.094, 0.118], ink: [0.92, 0.94, 0.96] },
} as const;
const AXES = ['x', 'y', 'z'] as const;

export function VolumeView({ session }: { session: Session }) {
  const { view, subject, row, scale } = session;
  const canvas = useRef<HTMLCanvasElement>(null);
  const subcortex = useSignal<Subcortex | undefined>(undefined);
  const slices = useSignal<Slices | undefined>(undefined);
  const crossing = useSignal<Millimetres>([0, 0, 0]);
  const problem = useSignal<Problem | undefined>(undefined);
  const fail = (error: unknown): void => void (problem.value = Problem.from(error));
  const volume = subcortex.value;

  useEffect(() => {
    Subcortex.fetch(view, subject.value).then((found) => {
      crossing.value = found.peak(row.peek() ?? 0);
      subcortex.value = found;
    }, fail);
  }, [view, subject.value]);
  useEffect(() => {
    if (!volume || !canvas.current) return;
    const [at, look] = [canvas.current, LOOKS[theme.value]];
    let made: Slices | undefined;
    let isOver = false;
    const open = async (): Promise<void> => {
      const { Slices } = await import('./slices');
      if (isOver) return;
      made = new Slices((place) => (crossing.value = place), look);
      await made.attach(at, volume);
      slices.value = made;
    };
    open().catch(fail);
    return () => {
      isOver = true;
      slices.value = undefined;
      made?.close();
    };
  }, [volume, theme.value]);
  useEffect(() => {
    if (!slices.value || !volume || row.value === undefined || !scale.value) return;
    slices.value.show(volume.voxels(row.value), scale.value);
    slices.value.moveTo(crossing.peek());
  }, [slices.value, volume, row.value, scale.value]);

  const found = row.value === undefined ? undefined : volume?.at(row.value, crossing.value);
  const move = (axis: number, to: number): void => {
    const next = crossing.value.map((value, place) => (place === axis ? to : value));
    crossing.value = [next[0], next[1], next[2]];
    slices.value?.moveTo(crossing.value);
  };
  if (problem.value) return <ProblemNote problem={problem.value} />;
  return (
    <section class="volume" aria-label="Subcortex">
      <div class="slices">
        <canvas key={`${theme.value} ${subject.value}`} ref={canvas} role="img" aria-label={`Slices of the subcortex at ${crossing.value.map((value) => value.toFixed(0)).join(', ')} mm; the fields beside them have its place and value`} />
      </div>
      <div class="place stack small">
        <strong>Subcortex, MNI152 mm</strong>
        <div class="row">
          {AXES.map((axis, index) => (
            <label key={axis} class="row">
              {axis}
              <input class="box" type="number" step={2} aria-label={`${axis} (mm)`} value={Math.round(crossing.value[index])} onChange={({ currentTarget: { valueAsNumber } }) => Number.isFinite(valueAsNumber) && move(index, valueAsNumber)} />
            </label>
          ))}
        </div>
        <output aria-live="polite">
          {found ? (
            <>
              <strong data-value={found.value}>{found.value === undefined ? '–' : digits(found.value)}</strong> {found.structure}
            </>
          ) : (
            <span class="soft">{volume ? 'no voxel of the subcortex' : 'Reading the subcortex …'}</span>
          )}
        </output>
        <p class="tiny soft">Grey: the cortex, darker the subcortex; colours are those of the bar above. Left is left.</p>
      </div>
    </section>
  );
}
