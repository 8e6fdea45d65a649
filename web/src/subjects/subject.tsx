// A subject of the lab's own: how well the head predicts what it was not fitted to.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { address, get, Problem, remove, type Schemas } from '../api/client';
import { Icon, Popover } from '../components/controls';
import { ProblemNote } from '../components/problem';
import { models } from '../model';
import type { PageProps } from '../pages';
import { go } from '../router';
import { ScoreMaps, type ScoreMap } from './score_map';
import { percent, score } from './scores';

type View = Schemas['SubjectView'];

export function Subject({ name, place }: { name: string } & PageProps) {
  const subject = useSignal<View | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    get('/v1/subjects/{name}', { name }).then(
      (found) => (subject.value = found),
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  }, [name]);
  const now = subject.value;
  if (problem.value)
    return (
      <div class="column narrow">
        <ProblemNote problem={problem.value} />
        <p>
          <a href="#/subjects">All subjects</a>
        </p>
      </div>
    );
  const mesh = models.value?.serving.mesh;
  if (!now || !mesh) return <div class="column soft">Asking the server …</div>;
  return (
    <div class="findings">
      <header class="title">
        <div>
          <h1>{now.name}</h1>
          <p class="row said">
            <span class="chip">fitted to {now.simulated ? 'simulated' : 'measured'} responses</span>
            {now.simulated && <span class="chip warn">nobody was scanned: no evidence about brains</span>}
            <span class="chip">head on {now.model}</span>
            {!now.usable && <span class="chip warn">the model that is served is another one</span>}
          </p>
        </div>
        <Files subject={now} />
      </header>
      <ScoreMaps maps={mapsOf(now)} mesh={mesh} query={place.query}>
        <Scores subject={now} />
      </ScoreMaps>
      <div class="below">
        <Delete name={now.name} />
      </div>
    </div>
  );
}

function mapsOf({ files }: View): ScoreMap[] {
  const file = (name: string): URL | undefined => {
    const found = files.find((one) => one.name === name);
    return found && address(found.href);
  };
  const [own, average, ceiling] = ['r.npy', 'average_r.npy', 'ceiling.npy'].map(file);
  return [
    ...(own ? [{ name: 'r', unit: 'Pearson r, held-out runs', file: own }] : []),
    ...(own && average ? [{ name: 'gain', unit: 'r less that of the average head', file: own, less: average }] : []),
    ...(ceiling ? [{ name: 'ceiling', unit: 'noise ceiling (r)', file: ceiling }] : []),
  ];
}

function Scores({ subject: { scores, runs, minutes, method, created } }: { subject: View }) {
  const gain = scores.average_r === null || scores.average_r === undefined ? undefined : scores.held_out_r - scores.average_r;
  return (
    <div class="stack">
      <p class="headline">
        <strong data-r={scores.held_out_r}>{score(scores.held_out_r)}</strong> <span class="small soft">mean r in held-out runs</span>
      </p>
      <dl class="facts">
        <dt>average head</dt>
        <dd>{score(scores.average_r)}</dd>
        <dt>gain over it</dt>
        <dd>{gain === undefined ? '–' : `${gain >= 0 ? '+' : ''}${score(gain)}`}</dd>
        <dt>q &lt; .05 (FDR)</dt>
        <dd>{scores.significant === null || scores.significant === undefined ? 'too little was held out to test' : `${percent(scores.significant)} of outputs`}</dd>
        <dt>noise ceiling</dt>
        <dd>{scores.ceiling === null || scores.ceiling === undefined ? 'no stimulus was shown again' : score(scores.ceiling)}</dd>
        <dt>share of it</dt>
        <dd>{percent(scores.ceiling_share)}</dd>
        <dt>n</dt>
        <dd>
          {scores.outputs.toLocaleString('en')} outputs, {runs} runs, {minutes.toFixed(1)} min
        </dd>
        <dt>method</dt>
        <dd>{method}</dd>
        <dt>fitted</dt>
        <dd>
          <time dateTime={created}>{new Date(created).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</time>
        </dd>
      </dl>
      <p class="small soft">Significance counts one independent sample a minute. One person: the scores say nothing of others.</p>
    </div>
  );
}

function Files({ subject: { files } }: { subject: View }) {
  return (
    <Popover align="right" label={<><Icon name="download" /> Download</>}>
      <div class="downloads stack">
        <ul>
          {files.map(({ name, href }) => (
            <li key={name}>
              <a href={address(href).href} download={name}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </div>
    </Popover>
  );
}

function Delete({ name }: { name: string }) {
  const sure = useSignal(false);
  const typed = useSignal('');
  const problem = useSignal<Problem | undefined>(undefined);
  const take = (): void => {
    remove('/v1/subjects/{name}', { name }).then(
      () => go('subjects'),
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  };
  if (!sure.value) {
    return (
      <div class="row">
        <button class="button plain small" onClick={() => (sure.value = true)}>
          Delete {name} and their data
        </button>
      </div>
    );
  }
  return (
    <section class="panel stack">
      <h2>Delete {name}?</h2>
      <p class="small">The head, its scores, the fit, the evaluations that {name} is in, and the runs that were uploaded for these are deleted. This cannot be taken back.</p>
      <label class="field short">
        <span>Type the name to go on</span>
        <input type="text" value={typed.value} onInput={({ currentTarget }) => (typed.value = currentTarget.value.trim())} />
      </label>
      {problem.value && <ProblemNote problem={problem.value} />}
      <div class="row">
        <button class="button" disabled={typed.value !== name} onClick={take}>
          Delete without a trace
        </button>
        <button class="button plain" onClick={() => (sure.value = false)}>
          Keep
        </button>
      </div>
    </section>
  );
}
