// How a model does beside measured runs: each person's scores, their ceiling, and the linear model of the same features.
import { useSignal } from '@preact/signals';
import type { Schemas } from '../api/client';
import { address } from '../api/client';
import { Section } from '../components/controls';
import type { View } from '../experiment/experiment';
import { ExperimentFiles } from '../experiment/files';
import { probability } from '../experiment/region_table';
import { models, warning } from '../model';
import type { PageProps } from '../pages';
import { ScoreMaps, type ScoreMap } from './score_map';
import { percent, score } from './scores';

type Report = Schemas['EvaluationReport'];
type Person = Schemas['PersonReport'];

export function EvaluationFindings({ view, place }: { view: View } & PageProps) {
  const report = view.report as unknown as Report;
  const chosen = useSignal(place.query.get('person') ?? '');
  const person = report.people.find(({ subject }) => subject === chosen.value) ?? report.people[0];
  const mesh = report.space ?? models.value?.serving.mesh;
  const says = warning(report.model);
  return (
    <div class="findings">
      <header class="title">
        <div>
          <h1>Scores of {report.model.name}</h1>
          <p class="row said">
            <span class={says ? 'chip warn' : 'chip'}>
              {report.model.name}
              {says && `: ${says}`}
            </span>
            {report.simulated && <span class="chip warn">against simulated responses: nobody was scanned</span>}
            <span class="chip">{report.scored === 'all' ? 'all runs are scored' : 'held-out runs are scored'}</span>
            <span class="chip">licence {report.model.licence}</span>
          </p>
        </div>
        <ExperimentFiles view={view} />
      </header>
      {mesh && person && (
        <ScoreMaps key={person.subject} maps={mapsOf(view, person)} mesh={mesh} query={place.query}>
          <div class="stack">
            {report.people.length > 1 && (
              <label class="field">
                <span>Person</span>
                <select value={person.subject} onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}>
                  {report.people.map(({ subject }) => (
                    <option key={subject}>{subject}</option>
                  ))}
                </select>
              </label>
            )}
            <Facts person={person} outputs={report.outputs} />
          </div>
        </ScoreMaps>
      )}
      <div class="below">
        <Beside report={report} />
        {person && person.regions.length > 0 && <Regions person={person} />}
        {report.notes.length > 0 && (
          <Section title="Notes">
            <ul class="plain small soft">
              {report.notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          </Section>
        )}
      </div>
    </div>
  );
}

function mapsOf({ files }: View, { subject }: Person): ScoreMap[] {
  const file = (map: string): URL | undefined => {
    const found = files.find(({ name }) => name === `${subject}_${map}.npy`);
    return found && address(found.href);
  };
  const [own, linear, ceiling] = ['r', 'linear_r', 'ceiling'].map(file);
  return [
    ...(own ? [{ name: 'r', unit: 'Pearson r', file: own }] : []),
    ...(linear ? [{ name: 'linear r', unit: 'Pearson r of the linear model', file: linear }] : []),
    ...(own && linear ? [{ name: 'model less linear', unit: 'difference of r', file: own, less: linear }] : []),
    ...(ceiling ? [{ name: 'ceiling', unit: 'noise ceiling (r)', file: ceiling }] : []),
  ];
}

function Facts({ person, outputs }: { person: Person; outputs: number }) {
  const { mean_r, mean_r_squared, significant, ceiling, retrieval, runs, minutes, masked, predicted_by } = person;
  return (
    <>
      <p class="headline">
        <strong data-r={mean_r}>{score(mean_r)}</strong> <span class="small soft">mean r of {person.subject}</span>
      </p>
      <dl class="facts">
        <dt>predicted by</dt>
        <dd>{predicted_by}</dd>
        <dt>R²</dt>
        <dd>{score(mean_r_squared)}</dd>
        <dt>q &lt; .05 (FDR)</dt>
        <dd>{significant === null || significant === undefined ? 'too short to test' : `${percent(significant)} of outputs`}</dd>
        <dt>noise ceiling</dt>
        <dd>{ceiling ? `${score(ceiling.r)}, from ${ceiling.repeats} repeats` : 'no stimulus was repeated'}</dd>
        {ceiling && (
          <>
            <dt>share of it</dt>
            <dd>{percent(ceiling.share)}</dd>
          </>
        )}
        {retrieval && (
          <>
            <dt>retrieval</dt>
            <dd>
              {percent(retrieval.top_1)} of {retrieval.segments} stretches of {retrieval.segment_s} s, chance {percent(retrieval.chance)}
            </dd>
          </>
        )}
        <dt>n</dt>
        <dd>
          {(outputs - masked).toLocaleString('en')} outputs, {runs} run{runs === 1 ? '' : 's'}, {minutes.toFixed(1)} min
        </dd>
      </dl>
    </>
  );
}

/** The model and the linear model of the same features, person by person. */
function Beside({ report: { people, comparison } }: { report: Report }) {
  return (
    <Section title="Beside a linear model">
      {people.every(({ linear }) => !linear) ? (
        <p class="small soft">A linear model is fitted where a person has two runs or more that are not held out.</p>
      ) : (
        <div class="scroll">
          <table class="list" aria-label="The model and the linear model">
            <thead>
              <tr>
                <th scope="col">Person</th>
                <th scope="col">model r</th>
                <th scope="col">linear r</th>
                <th scope="col">ratio</th>
                <th scope="col">ceiling</th>
                <th scope="col">outputs where the model is better</th>
              </tr>
            </thead>
            <tbody>
              {people.map(({ subject, mean_r, linear, ceiling }) => (
                <tr key={subject}>
                  <th scope="row">{subject}</th>
                  <td class="number">{score(mean_r)}</td>
                  <td class="number">{score(linear?.mean_r)}</td>
                  <td class="number">{score(linear?.ratio)}</td>
                  <td class="number">{score(ceiling?.r)}</td>
                  <td class="number">{percent(linear?.outputs_better)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {comparison && (
        <p class="small soft">
          Paired over {comparison.pairs.toLocaleString('en')} {comparison.over}: difference {score(comparison.difference)}, t = {score(comparison.t)}, p {probability(comparison.p)}
          {comparison.over === 'outputs' && '. Outputs are not independent of each other, so this p is too small'}.
        </p>
      )}
    </Section>
  );
}

function Regions({ person: { regions, subject } }: { person: Person }) {
  return (
    <Section title={`Regions of ${subject}`}>
      <div class="scroll tall" tabIndex={0} role="group" aria-label="Scores of regions">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Region</th>
              <th scope="col">mean r</th>
              <th scope="col">r of its mean</th>
              <th scope="col">ceiling</th>
              <th scope="col">linear r</th>
            </tr>
          </thead>
          <tbody>
            {regions.map(({ region, mean_r, r, ceiling, linear_r }) => (
              <tr key={region}>
                <th scope="row">{region}</th>
                <td class="number">{score(mean_r)}</td>
                <td class="number">{score(r)}</td>
                <td class="number">{score(ceiling)}</td>
                <td class="number">{score(linear_r)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
