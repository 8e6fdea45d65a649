// What an experiment found: its maps on the cortex, its regions, and how far it agrees with people.
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { anatomy, anatomyProblem, loadAnatomy, type Anatomy } from '../anatomy';
import { address, get, Problem, request } from '../api/client';
import { Comparing, type Other } from '../components/comparing';
import { Section } from '../components/controls';
import { useLines } from '../components/cortex_view';
import { Drawing } from '../components/drawing';
import { Outlining } from '../components/outlining';
import { ProblemNote } from '../components/problem';
import { Saving } from '../figure/saving';
import { facesOf } from '../maps/faces';
import { MapView, useDrawn, type StillMap } from '../maps/map_view';
import { RegionMeans } from '../maps/region_means';
import { warning } from '../model';
import type { PageProps } from '../pages';
import { keepAddress } from '../router';
import { AgreementWithPeople } from './agreement';
import { Choices, Counted, counts, significance } from './choices';
import { ContrastMap, DIFFERENCE_UNITS, UNITS, type ContrastReport, type Report } from './contrast_map';
import { Delete } from './delete';
import type { View } from './experiment';
import { ExperimentFiles } from './files';
import type { Localizer } from './draft';
import { fetchOthers, othersOf } from './other_contrasts';
import { RegionTable } from './region_table';
import { Sweep } from './sweep';
import { Timeline } from './timeline';

export function Findings({ view, place }: { view: View } & PageProps) {
  const map = useMemo(() => new ContrastMap(view.id, place.query), [view.id]);
  const report = useSignal<Report | undefined>(map.cell.value === 0 ? (view.report as unknown as Report) : undefined);
  const localizer = useSignal<Localizer | undefined>(undefined);
  const elsewhere = useSignal<Other[]>([]);
  const problem = useSignal<Problem | undefined>(undefined);
  const fail = (error: unknown): void => void (problem.value = Problem.from(error));
  const { way, scaling } = map.comparison;
  const now = report.value;
  const contrast = now && map.of(now);
  const hasMaps = now?.files.some((name) => name.endsWith('.dscalar.nii')) ?? false;

  useEffect(() => {
    if (map.cell.value === 0) return void (report.value = view.report as unknown as Report);
    const files = address('/v1/experiments/{id}/cells/{cell}/files/experiment.json', { id: view.id, cell: map.cell.value });
    request(files).then(async (answer) => (report.value = await answer.json()), fail);
  }, [map.cell.value]);
  useEffect(() => void (now && loadAnatomy(now.model.space)), [now?.model.space]);
  useEffect(() => {
    if (now?.localizer) get('/v1/localizers/{name}', { name: now.localizer }).then((found) => (localizer.value = found), fail);
  }, [now?.localizer]);
  useEffect(() => void fetchOthers(view.id).then((found) => (elsewhere.value = found), fail), [view.id]);
  useEffect(() => {
    if (contrast && hasMaps) map.load(contrast).then(() => (problem.value = undefined), fail);
  }, [contrast, map.statistic.value, map.chance.value]);
  useEffect(() => {
    if (now && contrast && hasMaps && map.values.value && way.value !== 'one') map.loadOther(now, contrast).then(() => (problem.value = undefined), fail);
  }, [now, map.values.value, way.value === 'one', map.comparison.other.value, map.chance.value]);
  useEffect(() => keepAddress(() => map.look.scale.value && map.settings()), [map]);

  if (!now || !contrast) return <div class="column">{problem.value ? <ProblemNote problem={problem.value} /> : <p class="soft">Reading the report …</p>}</div>;
  const expected = (localizer.value?.expected ?? []).filter((one) => one.contrast === contrast.name);
  const statistic = map.statisticOf(contrast);
  const title = `${contrast.name} (${statistic})`;
  const refusal = problem.value ?? anatomyProblem.value;
  const isDifference = way.value === 'difference';
  const drawn: StillMap = { title: way.value === 'one' ? title : `${title}, ${contrast.subject}`, values: isDifference ? map.values.value : map.drawn.value, read: map.values.value };
  const less = map.other.value ?? { title: '…', values: undefined };
  const compared = way.value === 'one' ? undefined : { way: way.value, other: isDifference ? { ...less, values: less.read } : less, scale: isDifference ? scaling.scale.value : map.look.scale.value };
  const unit = isDifference ? DIFFERENCE_UNITS[statistic] : UNITS[statistic];
  return (
    <div class="findings">
      <header class="title">
        <div>
          <h1>{view.name === localizer.value?.name ? localizer.value.title : view.name || 'Experiment'}</h1>
          <Said report={now} contrast={contrast} />
        </div>
        <div class="row">
          {anatomy.value && hasMaps && <Kept map={map} anatomy={anatomy.value} drawn={drawn} compared={compared} unit={unit} said={captions(now, contrast, title)} name={`${now.name}_${contrast.name}_${statistic}`} />}
          <ExperimentFiles view={view} />
        </div>
      </header>
      {refusal && <ProblemNote problem={refusal} />}
      {view.failed.length > 0 && (
        <p class="note">
          {view.states.failed} of {view.cells} cells failed; the first: {view.failed[0].failure?.detail}
        </p>
      )}
      <div class="stage">
        <aside class="shown" aria-label="What is shown">
          <Choices report={now} contrast={contrast} map={map} cells={view.cells} />
          <Comparing comparison={map.comparison} others={hasMaps ? [...othersOf(now, contrast), ...elsewhere.value] : []} />
          <Drawing camera={map.look.camera} scale={isDifference ? scaling.scale : map.look.scale} range={(isDifference ? scaling : map.look).range.value} />
          <Outlining outlines={map.outlines} anatomy={anatomy.value} />
          <Counted contrast={contrast} report={now} />
        </aside>
        {anatomy.value && hasMaps ? (
          <MapView
            anatomy={anatomy.value}
            look={map.look}
            outlines={map.outlines}
            map={drawn}
            compared={compared}
            unit={unit}
            said={isDifference ? 'The difference of what is seen side by side, all vertices.' : significance(contrast, map.chanceOf(contrast))}
          />
        ) : (
          <section class="map-view">
            <p class="soft small">{hasMaps ? 'Reading the cortex …' : 'The experiment was run without maps.'}</p>
          </section>
        )}
        <aside class="named" aria-label="Regions">
          <div class="row spread">
            <h2>Regions</h2>
            <span class="tiny soft">n = {counts(contrast)}</span>
          </div>
          {anatomy.value && (
            <RegionTable contrast={contrast} expected={expected} anatomy={anatomy.value} look={map.look} values={map.values.value} statistic={statistic} />
          )}
          {anatomy.value && hasMaps && (
            <RegionMeans title="Other regions of this map" anatomy={anatomy.value} look={map.look} values={map.values.value} except={contrast.regions.map(({ region }) => region)} />
          )}
          <p class="tiny soft">
            effect and t are of the mean over both hemispheres, t with its degrees of freedom over stimuli; p is of both tails, not corrected for the number of regions; larger is the share of
            random patches of the region’s size with a larger effect.
          </p>
        </aside>
      </div>
      <div class="below">
        {view.cells > 1 && <Sweep experiment={view.id} contrast={contrast.name} subject={contrast.subject} region={map.look.region.value} cell={map.cell.value} choose={(cell) => (map.cell.value = cell)} />}
        {hasMaps && <AgreementWithPeople experiment={view.id} cell={map.cell.value} subject={contrast.subject} map={title} />}
        <Section title="What was shown">
          <Timeline design={now.design} conditions={conditionsOf(now)} />
          {now.notes.length > 0 && (
            <ul class="plain small soft">
              {now.notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          )}
          <Delete view={view} fail={fail} />
        </Section>
      </div>
    </div>
  );
}

/** What must be known of the numbers before they are believed. */
function Said({ report: { model }, contrast }: { report: Report; contrast: ContrastReport }) {
  const says = warning(model);
  return (
    <p class="row said">
      <span class="chip">model prediction</span>
      <span class={says ? 'chip warn' : 'chip'}>
        {model.name}
        {says && `: ${says}`}
      </span>
      <span class="chip">subject {contrast.subject}</span>
      <span class="chip">n counts stimuli</span>
      <span class="chip">licence {model.licence}</span>
    </p>
  );
}

function conditionsOf({ design }: Report): string[] {
  return [...new Set(design.runs.flatMap(({ trials }) => trials.map(({ condition }) => condition)))].sort();
}

function captions({ model, unit }: Report, contrast: ContrastReport, title: string): string[] {
  const says = warning(model);
  return [`Model prediction by “${model.name}”${says ? ` (${says})` : ''}, subject ${contrast.subject}: ${title}`, `n = ${counts(contrast)}. ${unit.split('. ')[0]}. Licence ${model.licence}`, `encortex, weights SHA-256 ${model.weights_sha256.slice(0, 16)}…`];
}

interface KeptProps {
  map: ContrastMap;
  anatomy: Anatomy;
  drawn: StillMap;
  compared: Compared;
  unit: string;
  said: string[];
  name: string;
}

type Compared = Parameters<typeof MapView>[0]['compared'];

/** Pictures of what is seen. */
function Kept({ map: { look, outlines }, anatomy, drawn, compared, unit, said, name }: KeptProps) {
  const lines = useLines(anatomy, outlines, look.region.value, undefined);
  const both = [useDrawn(drawn), useDrawn(compared?.other ?? drawn)] as const;
  const scale = compared ? compared.scale : look.scale.value;
  const faces = facesOf(compared?.way ?? 'one', ...both);
  const isHere = faces.every(({ shown }) => shown.values);
  const title = compared ? faces.map(({ title }) => title).join(' and ') : drawn.title;
  return <Saving figure={() => (scale && isHere ? { geometry: anatomy.geometry, faces, lines, camera: look.camera.value, scale, unit, title, said } : undefined)} name={() => name} />;
}
