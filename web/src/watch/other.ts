// The response that a prediction is compared with: another subject's, or that of another prediction of as many vertices.
import { signal } from '@preact/signals';
import { get, Problem, type Schemas } from '../api/client';
import type { Other } from '../components/comparing';
import { remembered } from '../history';
import { Rows } from './rows';
import type { Session, View } from './session';

const SHOWN = 50;
const SEPARATOR = '~';

type Result = NonNullable<View['result']>;

/** Which response, as it stands in the address: `PREDICTION~SUBJECT`; without a subject, the same one or the first. */
function keyOf(prediction: string, subject?: string): string {
  return subject === undefined ? prediction : `${prediction}${SEPARATOR}${subject}`;
}

/** Everything that a response of this session can be compared with. */
export async function fetchOthers({ view, result, subject }: Session): Promise<Other[]> {
  const subjects = result.subjects.filter(({ name }) => name !== subject.peek());
  const predictions = await get('/v1/predictions', { state: 'succeeded', limit: SHOWN });
  return [
    ...subjects.map(({ name }) => ({ key: keyOf(view.id, name), title: name, group: 'Subjects of this prediction' })),
    ...predictions.filter(({ id }) => id !== view.id).map((summary) => ({ key: keyOf(summary.id), title: titleOf(summary), group: 'Other predictions' })),
  ];
}

function titleOf({ id, task, created }: Schemas['PredictionSummary']): string {
  const time = new Date(created).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  return `${remembered.value[id]?.name || task}, ${time}`;
}

/** The other response, and what tells the two apart. */
export class OtherResponse {
  /** Undefined until it is known. */
  readonly rows = signal<Rows | undefined>(undefined);
  /** What each of the two is called beside the other. */
  readonly titles = signal<readonly [string, string]>(['this', 'the other']);
  /** Seconds that both have. */
  readonly shared = signal(0);

  constructor(private readonly session: Session) {}

  async load(key: string, failed: (error: unknown) => void): Promise<void> {
    const { session } = this;
    const [id, asked] = key.split(SEPARATOR);
    const view = id === session.view.id ? session.view : await get('/v1/predictions/{id}', { id });
    const { result } = view;
    if (!result) throw new Problem(0, 'no_response', 'Nothing to compare with', `Prediction ${id} has no response (it is ${view.state}). Choose another.`);
    mustFit(result, session.result);
    const names = result.subjects.map(({ name }) => name);
    const subject = [asked, session.subject.peek()].find((name) => name !== undefined && names.includes(name)) ?? names[0];
    const rows = result.kept.lastIndexOf(true) + 1 || result.seconds;
    this.shared.value = Math.min(rows, session.rows);
    this.titles.value = toldApart(aspects(session.view, session.result, session.subject.peek()), aspects(view, result, subject));
    this.rows.value = new Rows(() => ({ prediction: id, subject, rows: () => rows, vertices: result.vertices }), failed);
  }
}

/** Refuses a response whose rows or vertices are others. */
function mustFit(other: Result, own: Result): void {
  const [theirs, ours] = [other, own].map(({ vertices, model, tr_s, start_s }) => `${vertices} values on ${model.space}, one in ${tr_s} s from ${start_s} s`);
  if (theirs === ours) return;
  throw new Problem(0, 'other_space', 'They cannot be compared', `The other response has ${theirs}; this one has ${ours}. Choose one of the same mesh and times.`);
}

/** What a response is of, in the order in which it is said. */
function aspects({ id, task, model }: View, { features, stimulus }: Result, subject: string): readonly string[] {
  const modalities = Object.entries(features).filter(([, { state }]) => state === 'computed' || state === 'cached').map(([name]) => name);
  return [remembered.value[id]?.name || task, model.name, subject, modalities.join(' + '), `stimulus ${stimulus.hash.slice(0, 7)}`, `prediction ${id.slice(0, 7)}`];
}

/** Of two lists what is different: the first two differences are enough, and where there is none, which predictions they are. */
function toldApart(one: readonly string[], other: readonly string[]): readonly [string, string] {
  const places = one.slice(0, -1).flatMap((aspect, place) => (aspect === other[place] ? [] : [place]));
  const said = (list: readonly string[]): string => places.slice(0, 2).map((place) => list[place]).join(', ') || (list.at(-1) ?? '');
  return [said(one), said(other)];
}
