// An experiment before it runs: what is shown, when, what it costs.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, post, Problem, type Schemas } from '../api/client';
import { ProblemNote } from '../components/problem';
import { models, warning } from '../model';
import { go } from '../router';
import { Conditions } from './conditions';
import { Contrasts, DesignFields, Sweep } from './design';
import { missing, ofLocalizer, OWN, specOf, type Draft, type Localizer } from './draft';
import { Plan } from './plan';

type Validated = Schemas['Validated'];

/** After the last change, until it is looked through (ms). */
const SETTLED = 350;

export function NewExperiment({ localizer: name }: { localizer: string | undefined }) {
  const localizer = useSignal<Localizer | undefined>(undefined);
  const draft = useSignal<Draft | undefined>(name ? undefined : OWN);
  const regions = useSignal<string[] | undefined>(undefined);
  const validated = useSignal<Validated | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const asking = useSignal(false);
  const fail = (error: unknown): void => void (problem.value = Problem.from(error));

  useEffect(() => {
    get('/v1/regions').then((found) => (regions.value = found.map((region) => region.name)), fail);
    if (!name) return;
    get('/v1/localizers/{name}', { name }).then((found) => {
      localizer.value = found;
      draft.value = ofLocalizer(found);
    }, fail);
  }, [name]);

  const wanted = draft.value && missing(draft.value);
  useEffect(() => {
    const [drafted, known] = [draft.value, regions.value];
    validated.value = undefined;
    if (!drafted || !known || missing(drafted)) return;
    const looking = setTimeout(() => {
      problem.value = undefined;
      post('/v1/experiments:validate', specOf(drafted, known)).then((found) => draft.value === drafted && (validated.value = found), fail);
    }, SETTLED);
    return () => clearTimeout(looking);
  }, [draft.value, regions.value]);

  const run = async (): Promise<void> => {
    if (!draft.value || !regions.value) return;
    asking.value = true;
    try {
      go('experiments', (await post('/v1/experiments', specOf(draft.value, regions.value))).id);
    } catch (error) {
      fail(error);
    } finally {
      asking.value = false;
    }
  };

  const change = (next: Draft): void => void (draft.value = next);
  const now = draft.value;
  if (!now) return <div class="column">{problem.value ? <ProblemNote problem={problem.value} /> : <p class="soft">Asking the server …</p>}</div>;
  const takesText = !name || localizer.value?.stimulus === 'text';
  return (
    <div class="column planning">
      <div class="stack">
        <p class="small">
          <a href="#/experiments">Experiments</a>
        </p>
        <h1>{localizer.value?.title ?? 'An experiment of your own'}</h1>
        <p class="lead">{localizer.value?.description ?? 'Conditions, a design in time, an estimate, and contrasts of the conditions.'}</p>
      </div>
      <div class="plan">
        <div class="panel stack">
          {!name && (
            <label class="field">
              <span>Name</span>
              <input type="text" value={now.name} placeholder="upright and inverted faces" onChange={({ currentTarget }) => change({ ...now, name: currentTarget.value })} />
            </label>
          )}
          <Conditions draft={now} change={change} takesText={takesText} />
          {!name && <Contrasts draft={now} change={change} />}
          {!name && <DesignFields draft={now} change={change} />}
          <Subjects draft={now} change={change} />
          <Sweep draft={now} change={change} />
        </div>
        <aside class="stack" aria-label="What would be run">
          <section class="panel stack">
            <h2>What would be run</h2>
            {wanted && <p class="small soft">{wanted}</p>}
            {problem.value && <ProblemNote problem={problem.value} again={problem.value.status === 0 ? () => change({ ...now }) : undefined} />}
            {validated.value ? <Plan validated={validated.value} conditions={now.conditions.map((condition) => condition.name)} /> : !wanted && !problem.value && <p class="small soft">Laying it out …</p>}
            <button class="button main" disabled={asking.value || !validated.value || validated.value.findings.faults.length > 0} onClick={() => void run()}>
              {asking.value ? 'Asking …' : 'Run it'}
            </button>
          </section>
          {localizer.value && <Known localizer={localizer.value} />}
        </aside>
      </div>
    </div>
  );
}

function Subjects({ draft, change }: { draft: Draft; change(draft: Draft): void }) {
  const card = models.value?.serving;
  if (!card || card.subjects.length < 2) return null;
  const toggled = (name: string): string[] => (draft.subjects.includes(name) ? draft.subjects.filter((other) => other !== name) : [...draft.subjects, name]);
  return (
    <fieldset class="field">
      <legend>
        Subjects of “{card.name}”{warning(card) && ` (${warning(card)})`}
        {draft.subjects.length === 0 && `: ${card.subjects[0]} where none is chosen`}
      </legend>
      <div class="checks">
        {card.subjects.map((name) => (
          <label key={name}>
            <input type="checkbox" checked={draft.subjects.includes(name)} onChange={() => change({ ...draft, subjects: toggled(name) })} />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** What people have found with it. */
function Known({ localizer: { contrasts, expected, published } }: { localizer: Localizer }) {
  return (
    <section class="panel stack">
      <h2>What people show</h2>
      <ul class="plain small">
        {contrasts.map(({ name, expression }) => (
          <li key={name}>
            <strong>{name}</strong> <code>{expression}</code>
          </li>
        ))}
      </ul>
      {expected && expected.length > 0 && (
        <table class="small">
          <thead>
            <tr>
              <th scope="col">Expected in</th>
              <th scope="col">larger</th>
              <th scope="col">found by</th>
            </tr>
          </thead>
          <tbody>
            {expected.map(({ contrast, region, hemisphere, citation }) => (
              <tr key={`${contrast} ${region}`}>
                <th scope="row">{region}</th>
                <td>{hemisphere === 'both' ? 'on both sides' : hemisphere}</td>
                <td class="soft">{citation}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {published && (
        <p class="small soft">
          TRIBE v2’s own agreement with people: r = {published.r} over 360 parcels ({published.source}).
        </p>
      )}
    </section>
  );
}
