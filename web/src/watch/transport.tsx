// The one cursor: play, step, scrub, speed. The waveform lies under it where the stimulus has a sound.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon, Segments } from '../components/controls';
import type { Clock } from './clock';
import type { Session } from './session';
import type { Stimulus } from './stimulus';
import { fetchWaveform } from './waveform';

const SPEEDS = [['0.5', '½×'], ['1', '1×'], ['2', '2×'], ['4', '4×']] as const;
const PARTS = 400;

interface Props {
  session: Session;
  stimulus: Stimulus | undefined;
  clock: Clock;
}

export function Transport({ session, stimulus, clock }: Props) {
  const { playing, speed, time, duration, row, result, axis, reach } = session;
  const shown = row.value;
  const waits = playing.value && !session.isWhole && time.value >= reach.value;
  return (
    <div class="transport">
      <div class="row buttons">
        <button class="button plain icon" aria-label="To the beginning" onClick={() => clock.seek(0)}>
          <Icon name="first" />
        </button>
        <button class="button main icon" aria-label={playing.value ? 'Pause' : 'Play'} onClick={() => clock.turn()}>
          <Icon name={playing.value ? 'pause' : 'play'} />
        </button>
        <button class="button plain icon" aria-label="To the end" onClick={() => clock.step(Infinity)}>
          <Icon name="last" />
        </button>
      </div>
      <div class="scrub">
        <Waveform {...{ session, stimulus }} />
        {!session.isWhole && <div class="ahead" style={{ transform: `scaleX(${1 - reach.value / duration})` }} title="Not predicted yet" />}
        <input
          type="range"
          aria-label="Time of the stimulus"
          aria-valuetext={`${time.value.toFixed(1)} seconds of ${duration.toFixed(0)}${session.isWhole ? '' : `, predicted until ${reach.value.toFixed(0)}`}`}
          min={0}
          max={duration}
          step={0.01}
          value={time.value}
          onInput={({ currentTarget }) => clock.seek(currentTarget.valueAsNumber)}
        />
      </div>
      <output class="clock" aria-label="Time">
        <strong>{time.value.toFixed(1)} s</strong>
        <span class="soft">
          {waits ? 'waiting for the next second' : shown === undefined ? `scanner: nothing yet, ${result.lag_s} s behind` : `TR ${shown + 1} of ${session.rows}`}
        </span>
      </output>
      <Segments label="Speed" options={SPEEDS} value={String(speed.value) as '1'} change={(chosen) => (speed.value = Number(chosen))} />
      <Segments
        label="Time of the response"
        options={[['stimulus', 'stimulus time'], ['scanner', `scanner time, +${result.lag_s} s`]]}
        value={axis.value}
        change={(chosen) => (axis.value = chosen)}
      />
    </div>
  );
}

function Waveform({ session, stimulus }: Pick<Props, 'session' | 'stimulus'>) {
  const path = useSignal<string | undefined>(undefined);
  const upload = stimulus?.kind === 'video' || stimulus?.kind === 'audio' ? stimulus.upload : undefined;
  useEffect(() => {
    if (!upload) return;
    const draw = (peaks: Float32Array | undefined): void => {
      path.value = peaks && [...peaks].map((peak, part) => `M${part + 0.5} ${20 - 19 * peak}V${20 + 19 * peak}`).join('');
    };
    // Without its waveform a sound is still played.
    fetchWaveform(upload.id, session.duration, PARTS).then(draw, () => draw(undefined));
  }, [upload]);
  if (!path.value) return <div class="waveform" />;
  return (
    <svg class="waveform" viewBox={`0 0 ${PARTS} 40`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path.value} />
    </svg>
  );
}

/** Keys of the whole page: space plays, arrows step by a second, with shift by ten. Fields that take keys keep them. */
export function useKeys(clock: Clock | undefined): void {
  useEffect(() => {
    if (!clock) return;
    const actions: Record<string, (step: number) => void> = {
      ' ': () => clock.turn(),
      ArrowRight: (step) => clock.step(step),
      ArrowLeft: (step) => clock.step(-step),
      Home: () => clock.seek(0),
      End: () => clock.step(Infinity),
    };
    const press = (event: KeyboardEvent): void => {
      const action = actions[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey || takesKeys(event.target, event.key)) return;
      event.preventDefault();
      action(event.shiftKey ? 10 : 1);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [clock]);
}

function takesKeys(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('.scrub')) return false;
  if (target.closest('input, select, textarea')) return true;
  return key === ' ' && target.closest('button, a, summary') !== null;
}
