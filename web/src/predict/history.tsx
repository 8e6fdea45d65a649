// What was predicted: in this browser, and on this server by others.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { get, Problem, type Schemas } from '../api/client';
import { Icon } from '../components/controls';
import { ProblemNote } from '../components/problem';
import { remembered } from '../history';
import { href } from '../router';

type Summary = Schemas['PredictionSummary'];

const SHOWN = 48;

export function History() {
  const found = useSignal<Summary[] | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    get('/v1/predictions', { limit: SHOWN }).then(
      (list) => (found.value = list),
      (error: unknown) => (problem.value = Problem.from(error)),
    );
  }, []);
  if (problem.value) return <ProblemNote problem={problem.value} />;
  if (!found.value) return null;
  const mine = found.value.filter(({ id }) => id in remembered.value);
  const others = found.value.filter(({ id }) => !(id in remembered.value));
  if (found.value.length === 0) return <p class="soft">Nothing was predicted here yet. What you ask for is listed in this place.</p>;
  return (
    <>
      <Cards title="Yours" predictions={mine} />
      <Cards title="On this server" predictions={others} />
    </>
  );
}

function Cards({ title, predictions }: { title: string; predictions: Summary[] }) {
  if (predictions.length === 0) return null;
  return (
    <section class="stack">
      <h2>{title}</h2>
      <ul class="cards">
        {predictions.map(({ id, task, state, created }) => {
          const { name = task, thumbnail } = remembered.value[id] ?? {};
          return (
            <li key={id}>
              <a href={href('predictions', id)}>
                <span class="thumbnail">{thumbnail ? <img src={thumbnail} alt="" loading="lazy" /> : <Icon name="film" />}</span>
                <strong>{name || task || 'untitled'}</strong>
                <span class="tiny soft">
                  {state !== 'succeeded' && `${state} · `}
                  <time dateTime={created}>{new Date(created).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}</time>
                </span>
              </a>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
