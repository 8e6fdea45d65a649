// Time courses of what is pinned, under the same cursor.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Anatomy } from '../anatomy';
import { Problem } from '../api/client';
import { digits } from '../components/colour_bar';
import { Icon } from '../components/controls';
import { ProblemNote } from '../components/problem';
import { SIDE_NAMES } from '../cortex/geometry';
import { save } from '../figure/save';
import { UNIT } from '../model';
import type { Clock } from './clock';
import { fetchCourse, title, writePin, type Pin } from './pins';
import type { Session } from './session';

interface Props {
  session: Session;
  anatomy: Anatomy;
  clock: Clock;
}

interface Course {
  key: string;
  pin: Pin;
  values: number[];
}

/** Told apart by their line as well as by their colour. */
const DASHES = ['none', '6 3', '2 3', '9 3 2 3', '1 4', '12 4'];
const [WIDTH, HEIGHT] = [1000, 110];

export function Courses({ session, anatomy, clock }: Props) {
  const { pins, subject, view, rows, done, axis, result } = session;
  const courses = useSignal<Course[]>([]);
  const problem = useSignal<Problem | undefined>(undefined);
  const wanted = pins.value;
  const lag = axis.value === 'scanner' ? result.lag_s : 0;

  useEffect(() => {
    let isOver = false;
    const load = async (pin: Pin): Promise<Course> => {
      const key = `${subject.value} ${writePin(pin)}`;
      const known = courses.peek().find((course) => course.key === key);
      return known && known.values.length >= done.value ? known : { key, pin, values: (await fetchCourse(pin, view.id, subject.value, anatomy)).slice(0, rows) };
    };
    Promise.all(wanted.map(load)).then(
      (loaded) => !isOver && (courses.value = loaded),
      (error: unknown) => !isOver && (problem.value = Problem.from(error)),
    );
    return () => void (isOver = true);
  }, [wanted, subject.value, done.value]);

  if (problem.value) return <ProblemNote problem={problem.value} />;
  if (wanted.length === 0) {
    return (
      <section class="courses empty" aria-label="Time courses">
        <p class="soft small">Click the cortex, or a bar of a region, to keep its time course here. Or name a vertex:</p>
        <PinVertex session={session} anatomy={anatomy} />
      </section>
    );
  }
  const shown = courses.value;
  const [low, high] = bounds(shown);
  const y = (value: number): number => HEIGHT - 6 - ((value - low) / (high - low || 1)) * (HEIGHT - 12);
  const x = (row: number): number => ((row * result.tr_s + lag) / session.duration) * WIDTH;
  const line = ({ values }: Course): string =>
    values.map((value, row) => `${row === 0 ? 'M' : 'L'}${x(row).toFixed(1)} ${y(value).toFixed(1)}H${Math.min(x(row + 1), WIDTH).toFixed(1)}`).join('');
  return (
    <section class="courses" aria-label="Time courses">
      <div class="row spread">
        <ul class="pins">
          {wanted.map((pin, index) => (
            <li key={writePin(pin)} class={`course-${index % DASHES.length}`}>
              <svg viewBox="0 0 24 4" aria-hidden="true">
                <path d="M0 2H24" stroke-dasharray={DASHES[index % DASHES.length]} />
              </svg>
              {title(pin, anatomy)}
              <Peak course={shown.find(({ pin: known }) => writePin(known) === writePin(pin))} clock={clock} lag={lag} session={session} />
              <button class="button plain icon" aria-label={`Unpin ${title(pin, anatomy)}`} onClick={() => (pins.value = wanted.filter((other) => other !== pin))}>
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
        <PinVertex session={session} anatomy={anatomy} />
        <button class="button small" onClick={() => save(csv(shown, session, anatomy), `${view.task}_timecourses.csv`)}>
          <Icon name="download" /> CSV
        </button>
      </div>
      <div class="chart">
        <span class="tiny soft">{digits(high)}</span>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Time courses of ${wanted.length} places, from ${digits(low)} to ${digits(high)} ${UNIT}`}
          onClick={(event) => {
            const { left, width } = event.currentTarget.getBoundingClientRect();
            clock.seek(((event.clientX - left) / width) * session.duration);
          }}
        >
          {low < 0 && high > 0 && <path class="zero" d={`M0 ${y(0)}H${WIDTH}`} />}
          {shown.map((course, index) => (
            <path key={course.key} class={`course course-${index % DASHES.length}`} d={line(course)} stroke-dasharray={DASHES[index % DASHES.length]} />
          ))}
          <Cursor session={session} />
        </svg>
        <span class="tiny soft">{digits(low)}</span>
      </div>
    </section>
  );
}

/** A vertex by its number, for those who do not point. */
function PinVertex({ session: { pins }, anatomy: { geometry } }: { session: Session; anatomy: Anatomy }) {
  const pin = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const place = Number(fields.get('vertex')) + Number(fields.get('side')) * geometry.vertices;
    const added = { kind: 'vertex', place } as const;
    if (pins.value.every((known) => writePin(known) !== writePin(added))) pins.value = [...pins.value, added];
  };
  return (
    <form class="pin row" onSubmit={pin}>
      <select name="side" class="box" aria-label="Hemisphere">
        {SIDE_NAMES.map((name, side) => (
          <option key={name} value={side}>
            {name}
          </option>
        ))}
      </select>
      <input name="vertex" class="box" type="number" required min={0} max={geometry.vertices - 1} placeholder="vertex" aria-label="Vertex" />
      <button class="button small">Pin</button>
    </form>
  );
}

function Cursor({ session: { time, duration } }: { session: Session }) {
  const at = (time.value / duration) * WIDTH;
  return <path class="cursor" d={`M${at} 0V${HEIGHT}`} />;
}

function Peak({ course, clock, lag, session }: { course: Course | undefined; clock: Clock; lag: number; session: Session }) {
  if (!course || course.values.length === 0) return null;
  const row = course.values.indexOf(Math.max(...course.values));
  return (
    <button class="button plain tiny" onClick={() => clock.seek(row * session.result.tr_s + lag)}>
      peak {digits(course.values[row])} at TR {row + 1}
    </button>
  );
}

function bounds(courses: readonly Course[]): [number, number] {
  const values = courses.flatMap(({ values }) => values);
  const extreme = (which: typeof Math.min, usual: number): number => values.reduce((best, value) => which(best, value), usual);
  return values.length === 0 ? [0, 1] : [extreme(Math.min, Infinity), extreme(Math.max, -Infinity)];
}

/** A row a second; times of the stimulus and of the scanner. */
function csv(courses: readonly Course[], { result, done, view }: Session, anatomy: Anatomy): Blob {
  const quoted = (text: string): string => `"${text.replace(/"/g, '""')}"`;
  const head = ['stimulus_s', 'scanner_s', ...courses.map(({ pin }) => quoted(title(pin, anatomy)))];
  const lines = Array.from({ length: done.value }, (_, row) => {
    const time = result.start_s + row * result.tr_s;
    return [time, time + result.lag_s, ...courses.map(({ values }) => values[row])].join(',');
  });
  const about = `# model prediction of ${view.model.name}, ${UNIT}; no measurement`;
  return new Blob([[about, head.join(','), ...lines, ''].join('\n')], { type: 'text/csv' });
}
