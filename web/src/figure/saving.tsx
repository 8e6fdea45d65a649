// What is seen, to be kept: as a picture, as vectors, or as a film of its seconds.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { Problem } from '../api/client';
import { Icon, Popover, Segments } from '../components/controls';
import { ProblemNote } from '../components/problem';
import { UnderWay } from '../components/under_way';
import type { Figure } from './figure';
import { asPng } from './paint';
import { save } from './save';
import { asSvg } from './svg';

interface Props {
  /** What is seen now; undefined until it is there. */
  figure(): Figure | undefined;
  /** Of files, without what tells their kind. */
  name(): string;
  film?: Filmed;
}

/** Seconds that can be filmed, counted from 0. */
interface Filmed {
  seconds: number;
  figure(second: number): Promise<Figure>;
}

export function Saving({ figure, name, film }: Props) {
  const problem = useSignal<Problem | undefined>(undefined);
  const fail = (error: unknown): void => void (problem.value = Problem.from(error));
  const keep = (ending: string, make: (figure: Figure) => Blob | Promise<Blob>) => async (): Promise<void> => {
    problem.value = undefined;
    const now = figure();
    if (now) save(await make(now), `${name()}.${ending}`);
  };
  return (
    <Popover align="right" label={<><Icon name="camera" /> Figure</>}>
      <div class="saving stack">
        <div class="row">
          <button class="button" onClick={() => void keep('png', asPng)().catch(fail)}>
            PNG
          </button>
          <button class="button" onClick={() => void keep('svg', asSvg)().catch(fail)}>
            SVG
          </button>
          <span class="tiny soft">as it is seen, on white; 300 dpi at 20 cm</span>
        </div>
        {film && <FilmMaking film={film} name={name} fail={fail} />}
        {problem.value && <ProblemNote problem={problem.value} />}
      </div>
    </Popover>
  );
}

const SPEEDS = [['1', '1×'], ['2', '2×'], ['4', '4×'], ['8', '8×']] as const;

function FilmMaking({ film, name, fail }: { film: Filmed; name(): string; fail(error: unknown): void }) {
  const first = useSignal(0);
  const last = useSignal(film.seconds - 1);
  const speed = useSignal<(typeof SPEEDS)[number][0]>('1');
  const done = useSignal<number | undefined>(undefined);
  const stopping = useRef(new AbortController());
  const frames = last.value - first.value + 1;
  if (!('VideoEncoder' in globalThis)) {
    return <p class="note">Films need WebCodecs, which this browser lacks or gives to pages over https and on localhost alone. Open the page there, or save a PNG of each second.</p>;
  }
  const make = async (): Promise<void> => {
    stopping.current = new AbortController();
    done.value = 0;
    try {
      const { asMp4 } = await import('./film');
      const frameSeconds = 1 / Number(speed.value);
      const content = await asMp4({ frames, frameSeconds, figure: (frame) => film.figure(first.value + frame), told: (count) => (done.value = count), signal: stopping.current.signal });
      save(content, `${name()}.mp4`);
    } catch (error) {
      if (!stopping.current.signal.aborted) fail(error);
    } finally {
      done.value = undefined;
    }
  };
  const second = (label: string, of: typeof first) => (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        min={0}
        max={film.seconds - 1}
        value={of.value}
        onChange={({ currentTarget: { valueAsNumber } }) => (of.value = Math.min(film.seconds - 1, Math.max(0, Math.round(valueAsNumber) || 0)))}
      />
    </label>
  );
  if (done.value !== undefined) {
    return <UnderWay label="Making the film" fraction={done.value / frames} said={`${done.value} of ${frames} frames`} stop={() => stopping.current.abort()} />;
  }
  return (
    <fieldset class="film stack">
      <legend class="label">Film, a frame a second of the stimulus, without sound</legend>
      <div class="row">
        {second('from second', first)}
        {second('to second', last)}
        <Segments label="Speed of the film" options={SPEEDS} value={speed.value} change={(chosen) => (speed.value = chosen)} />
      </div>
      <div>
        <button class="button" disabled={frames < 1} onClick={() => void make()}>
          <Icon name="film" /> MP4
        </button>
      </div>
    </fieldset>
  );
}
