// A finished prediction: stimulus, cortex, regions and time courses, all at the same second.
import { effect, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { anatomy, anatomyProblem, loadAnatomy } from '../anatomy';
import { Problem } from '../api/client';
import { Icon } from '../components/controls';
import { ProblemNote } from '../components/problem';
import { Views } from '../components/views';
import { Drawing } from '../components/drawing';
import type { Cortex } from '../cortex/cortex';
import { remember, remembered } from '../history';
import { warning } from '../model';
import { describe, type Place } from '../router';
import { Brain } from './brain';
import { Clock } from './clock';
import { Courses } from './courses';
import { Downloads } from './downloads';
import { picture, thumbnail } from './picture';
import { Regions } from './regions';
import { Rows } from './rows';
import { save } from './save';
import { Session, type View } from './session';
import { fetchStimulus, type Stimulus } from './stimulus';
import { StimulusPlayer } from './stimulus_player';
import { Transport, useKeys } from './transport';

/** Between two writes of the address (ms). */
const WRITTEN_EVERY = 300;
/** Until a cortex that is watched has settled enough for a picture of it (ms). */
const SETTLED = 1500;

interface Props {
  view: View;
  result: NonNullable<View['result']>;
  place: Place;
}

export function Viewer({ view, result, place }: Props) {
  const session = useMemo(() => new Session(view, result, place), [view]);
  const clock = useMemo(() => new Clock(session), [session]);
  const stimulus = useSignal<Stimulus | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const range = useSignal(1);
  const cortex = useRef<Cortex | undefined>(undefined);
  const fail = (error: unknown): void => void (problem.value = Problem.from(error));
  const rows = useMemo(() => new Rows(session, fail), [session]);

  useKeys(clock);
  useEffect(() => void loadAnatomy(result.model.space), [result]);
  useEffect(() => () => clock.close(), [clock]);
  useEffect(() => void fetchStimulus(view.id, view.stimuli).then((found) => (stimulus.value = found), fail), [view]);
  useEffect(() => {
    rows.range().then((limit) => {
      range.value = limit;
      // Once: subjects are compared on one scale.
      if (!session.scale.peek()) session.setRange(limit);
    }, fail);
  }, [rows, session.subject.value]);
  useEffect(() => writeAddress(session), [session]);
  useEffect(() => {
    const keep = setTimeout(() => cortex.current && remember(view.id, { name: remembered.value[view.id]?.name ?? view.task, thumbnail: thumbnail(cortex.current) }), SETTLED);
    return () => clearTimeout(keep);
  }, [anatomy.value, session]);

  const refusal = problem.value ?? anatomyProblem.value;
  return (
    <div class="watch">
      <header class="title">
        <div>
          <h1>{remembered.value[view.id]?.name || view.task}</h1>
          <Said view={view} result={result} />
        </div>
        <div class="row">
          {result.subjects.length > 1 && <Subjects session={session} />}
          <button class="button" onClick={() => void savePicture(cortex.current, session).catch(fail)}>
            <Icon name="camera" /> PNG
          </button>
          <Downloads view={view} />
        </div>
      </header>
      {refusal && <ProblemNote problem={refusal} />}
      {result.notes.length > 0 && (
        <details class="notes small soft">
          <summary>{result.notes.length === 1 ? 'A note' : `${result.notes.length} notes`} on how it was made</summary>
          <ul>
            {result.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
      <div class="stage">
        <aside class="shown" aria-label="Stimulus and drawing">
          {stimulus.value && <StimulusPlayer session={session} stimulus={stimulus.value} clock={clock} />}
          <Drawing camera={session.camera} scale={session.scale} range={range.value} limitLabel="Limit, the same for all seconds">
            <label class="row small" title="Between one second and the next; off, the cortex changes once a second, as it is predicted">
              <input type="checkbox" checked={session.smooth.value} onChange={({ currentTarget }) => (session.smooth.value = currentTarget.checked)} />
              Interpolate
            </label>
          </Drawing>
        </aside>
        <section class="brain" aria-label="Cortex">
          <Views camera={session.camera} />
          {anatomy.value && <Brain session={session} anatomy={anatomy.value} rows={rows} made={(made) => (cortex.current = made)} />}
        </section>
        <aside class="named" aria-label="Regions">{anatomy.value && <Regions session={session} anatomy={anatomy.value} rows={rows} />}</aside>
      </div>
      <div class="strip">
        <Transport session={session} stimulus={stimulus.value} clock={clock} />
        {anatomy.value && <Courses session={session} anatomy={anatomy.value} clock={clock} />}
      </div>
    </div>
  );
}

/** What must be known of the numbers before they are believed. */
function Said({ view, result }: Pick<Props, 'view' | 'result'>) {
  const says = warning(view.model);
  return (
    <p class="row said">
      <span class="chip">model prediction</span>
      <span class={says ? 'chip warn' : 'chip'}>
        {view.model.name}
        {says && `: ${says}`}
      </span>
      <span class="chip">{result.subjects.length === 1 ? `subject ${result.subjects[0].name}` : `${result.subjects.length} subjects`}</span>
      <span class="chip">licence {result.model.licence}</span>
    </p>
  );
}

function Subjects({ session: { subject, result } }: { session: Session }) {
  return (
    <select class="box" aria-label="Subject" value={subject.value} onChange={({ currentTarget }) => (subject.value = currentTarget.value)}>
      {result.subjects.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

/** Keeps the address at what is seen, now and then. */
function writeAddress(session: Session): () => void {
  let due = 0;
  const stop = effect(() => {
    const settings = session.settings();
    if (session.scale.value === undefined) return;
    clearTimeout(due);
    due = window.setTimeout(() => describe(settings), WRITTEN_EVERY);
  });
  return () => {
    clearTimeout(due);
    stop();
  };
}

async function savePicture(cortex: Cortex | undefined, session: Session): Promise<void> {
  const { scale, row, view, result } = session;
  if (!cortex || !scale.value) return;
  const says = warning(view.model);
  const said = [
    `Model prediction by “${view.model.name}”${says ? ` (${says})` : ''}, subject ${session.subject.value}, ${view.task}`,
    row.value === undefined ? 'before the first scan' : `second ${result.start_s + row.value * result.tr_s} of the stimulus, BOLD ${result.lag_s} s later; licence ${result.model.licence}`,
  ];
  save(await picture(cortex, scale.value, said), `${view.task}_second-${row.value ?? 0}.png`);
}
