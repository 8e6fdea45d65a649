// A prediction, or the seconds of it that are done: stimulus, cortex, regions and time courses, all at the same second.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { anatomy, anatomyProblem, loadAnatomy, type Anatomy } from '../anatomy';
import { Problem } from '../api/client';
import { Citing } from '../components/citing';
import { Comparing, type Other } from '../components/comparing';
import { useLines } from '../components/cortex_view';
import { Drawing } from '../components/drawing';
import { Outlining } from '../components/outlining';
import { ProblemNote } from '../components/problem';
import { Views } from '../components/views';
import type { Figure } from '../figure/figure';
import { thumbnail } from '../figure/paint';
import { Saving } from '../figure/saving';
import { remember, remembered } from '../history';
import { Comparison, difference } from '../maps/comparison';
import { Outlines } from '../maps/outlines';
import { models, warning } from '../model';
import { keepAddress, type Place } from '../router';
import { Brain } from './brain';
import { VolumeView } from '../volume/volume_view';
import { figureOf, fileName } from './captions';
import { Clock } from './clock';
import { Courses } from './courses';
import { Downloads } from './downloads';
import type { Followed } from './followed';
import { fetchOthers, OtherResponse } from './other';
import { Regions } from './regions';
import { Remaining } from './remaining';
import { Rows } from './rows';
import { Seen } from './seen';
import { Session, type Result, type View } from './session';
import { fetchStimulus, type Stimulus } from './stimulus';
import { StimulusPlayer } from './stimulus_player';
import { Transport, useKeys } from './transport';

/** Until a cortex that is watched has settled enough for a picture of it (ms). */
const SETTLED = 1500;

interface Props {
  followed: Followed;
  view: View;
  /** What is known of the response: all of it, or what it is going to be. */
  result: Result;
  place: Place;
}

export function Viewer({ followed, view, result, place }: Props) {
  const session = useMemo(() => new Session(view, result, place), [view.id]);
  const clock = useMemo(() => new Clock(session), [session]);
  const stimulus = useSignal<Stimulus | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const range = useSignal(1);
  const others = useSignal<Other[]>([]);
  const outlines = useMemo(() => new Outlines(place.query), [session]);
  const comparison = useMemo(() => new Comparison(place.query), [session]);
  const fail = (error: unknown): void => void (problem.value = Problem.from(error));
  const rows = useMemo(() => new Rows(() => ({ prediction: view.id, subject: session.subject.value, rows: () => session.done.peek(), vertices: result.vertices }), fail), [session]);
  const seen = useMemo(() => new Seen(session, rows, comparison, new OtherResponse(session)), [rows]);
  const { way, other } = comparison;
  const hasSubcortex = !!view.result && (result.voxels ?? 0) > 0;
  const subcortex = useSignal(place.query.get('subcortex') === '1');

  useKeys(clock);
  useEffect(() => session.learn(view, result), [session, view]);
  useEffect(() => void loadAnatomy(result.model.space), [result.model.space]);
  useEffect(() => () => clock.close(), [clock]);
  useEffect(() => void fetchStimulus(view.id, view.stimuli).then((found) => (stimulus.value = found), fail), [view.id]);
  useEffect(() => {
    // What is seen first is asked for first.
    rows.at(session.row.peek() ?? 0);
    rows.range().then((limit) => {
      range.value = limit;
      // Once: seconds, those that come later too, and subjects are compared on one scale.
      if (!session.scale.peek()) session.setRange(limit);
    }, fail);
  }, [rows, session.subject.value, session.isWhole]);
  useEffect(() => void fetchOthers(session).then((found) => (others.value = found), fail), [session, session.subject.value]);
  useEffect(() => {
    if (way.value === 'one' || other.value === undefined) return;
    compare(seen, other.value, fail).then(() => (problem.value = undefined), fail);
  }, [seen, way.value === 'one', other.value, session.subject.value]);
  useEffect(() => keepAddress(() => session.scale.value && { ...session.settings(), ...outlines.settings(), ...comparison.settings(), subcortex: subcortex.value ? '1' : undefined }), [session]);
  useEffect(() => {
    const now = anatomy.value;
    const keep = setTimeout(() => {
      const figure = now && figureOf(seen, now, { borders: undefined, emphasis: undefined }, session.row.value);
      if (figure) remember(view.id, { name: remembered.value[view.id]?.name ?? view.task, thumbnail: thumbnail(figure) });
    }, SETTLED);
    return () => clearTimeout(keep);
  }, [anatomy.value, session]);

  const card = models.value?.all.find(({ name }) => name === view.model.name);
  const drawnAtlas = outlines.areShown.value ? outlines.parcellation.value : undefined;
  const atlas = drawnAtlas?.licence === undefined ? undefined : { name: drawnAtlas.name, licence: drawnAtlas.licence };
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
          {anatomy.value && <Kept seen={seen} outlines={outlines} anatomy={anatomy.value} />}
          {card && <Citing card={card} sha256={result.model.weights_sha256} atlas={atlas} />}
          {view.result && <Downloads view={view} />}
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
          <Comparing comparison={comparison} others={others.value} />
          <Drawing
            camera={session.camera}
            scale={way.value === 'difference' ? comparison.scaling.scale : session.scale}
            range={way.value === 'difference' ? comparison.scaling.range.value : range.value}
            limitLabel="Limit, the same for all seconds"
          >
            <label class="row small" title="Between one second and the next; off, the cortex changes once a second, as it is predicted">
              <input type="checkbox" checked={session.smooth.value} onChange={({ currentTarget }) => (session.smooth.value = currentTarget.checked)} />
              Interpolate
            </label>
          </Drawing>
          <Outlining outlines={outlines} anatomy={anatomy.value} />
          {hasSubcortex && (
            <label class="row small">
              <input type="checkbox" checked={subcortex.value} onChange={({ currentTarget }) => (subcortex.value = currentTarget.checked)} />
              Subcortex, in slices
            </label>
          )}
        </aside>
        <section class="brain" aria-label="Cortex">
          <Views camera={session.camera} />
          {anatomy.value && <Brain seen={seen} outlines={outlines} anatomy={anatomy.value} />}
          {hasSubcortex && subcortex.value && <VolumeView session={session} />}
        </section>
        <aside class="named" aria-label="Regions">{anatomy.value && <Regions session={session} anatomy={anatomy.value} rows={rows} />}</aside>
      </div>
      <div class="strip">
        {!view.result && <Remaining followed={followed} session={session} />}
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

/** Pictures and films of what is seen. */
function Kept({ seen, outlines, anatomy }: { seen: Seen; outlines: Outlines; anatomy: Anatomy }) {
  const { session } = seen;
  const lines = useLines(anatomy, outlines, session.region.value, undefined);
  const filmed = async (second: number): Promise<Figure> => {
    await seen.ready(second);
    const figure = figureOf(seen, anatomy, lines, second);
    if (!figure) throw new Problem(0, 'no_values', 'Nothing to draw', `Second ${second} has no values. Choose seconds that both responses have.`);
    return figure;
  };
  return (
    <Saving
      figure={() => figureOf(seen, anatomy, lines, session.row.value, session.between())}
      name={() => fileName(seen)}
      film={{ seconds: session.done.value, figure: filmed }}
    />
  );
}

/** Fetches the other response, and the range of the difference. */
async function compare(seen: Seen, key: string, failed: (error: unknown) => void): Promise<void> {
  const { other, comparison, rows } = seen;
  await other.load(key, failed);
  const shared = other.shared.value;
  const [one, less] = await Promise.all([rows.sample(shared), other.rows.value?.sample(shared)]);
  const sampled = difference(one, less);
  if (sampled) comparison.setRange(sampled);
}
