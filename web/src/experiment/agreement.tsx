// How well a contrast agrees with a map that was measured in people.
import { useSignal } from '@preact/signals';
import { post, Problem, type Schemas } from '../api/client';
import { upload, type Sending } from '../api/upload';
import { ProblemNote } from '../components/problem';
import { Section } from '../components/controls';
import { Uploading } from '../components/uploading';
import { probability } from './region_table';

type Agreement = Schemas['Agreement'];

interface Props {
  experiment: string;
  cell: number;
  subject: string;
  /** The map that is looked at, as files name it. */
  map: string;
}

const SPINS = 1000;

export function AgreementWithPeople({ experiment, cell, subject, map }: Props) {
  const found = useSignal<{ agreement: Agreement; of: string } | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const busy = useSignal(false);
  const sending = useSignal<Sending | undefined>(undefined);
  const compare = async (files: File[]): Promise<void> => {
    busy.value = true;
    problem.value = undefined;
    try {
      const uploads = await Promise.all(files.map((file) => upload(file, (now) => (sending.value = now))));
      const measured = measuredBy(uploads);
      const agreement = await post('/v1/comparisons', { predicted: { cell: { experiment, cell, subject } }, measured, options: { map, spins: SPINS } });
      found.value = { agreement, of: map };
    } catch (error) {
      problem.value = Problem.from(error);
    } finally {
      busy.value = false;
    }
  };
  const agreement = found.value?.of === map ? found.value.agreement : undefined;
  return (
    <Section title="Agreement with people">
      <label class="field">
        <span>A measured map: NIfTI in MNI152, CIFTI-2, or the GIFTI files of both hemispheres</span>
        <input type="file" multiple accept=".nii,.gz,.gii" disabled={busy.value} onChange={({ currentTarget }) => currentTarget.files?.length && void compare([...currentTarget.files])} />
      </label>
      {busy.value && sending.value && <Uploading sending={sending.value} then={`Comparing, with ${SPINS} rotations of the sphere …`} />}
      {problem.value && <ProblemNote problem={problem.value} />}
      {agreement && (
        <dl class="facts" aria-label="Agreement">
          <div>
            <dt>Pearson r</dt>
            <dd>{agreement.vertices.pearson.toFixed(3)}</dd>
          </div>
          <div>
            <dt>p, spin test of {agreement.vertices.spins}</dt>
            <dd>{probability(agreement.vertices.p_spin)}</dd>
          </div>
          <div>
            <dt>Spearman ρ</dt>
            <dd>{agreement.vertices.spearman.toFixed(3)}</dd>
          </div>
          <div>
            <dt>Dice of the largest tenth</dt>
            <dd>{agreement.dice.toFixed(3)}</dd>
          </div>
          <div>
            <dt>n</dt>
            <dd>{agreement.vertices.n.toLocaleString('en')} vertices, which are not independent</dd>
          </div>
          <div>
            <dt>maps</dt>
            <dd>
              {agreement.predicted} and {agreement.measured}, on {agreement.mesh}
            </dd>
          </div>
        </dl>
      )}
    </Section>
  );
}

/** One file of both hemispheres, or a GIFTI file of each. */
function measuredBy(uploads: readonly Schemas['StimulusView'][]): Schemas['MapSource'] {
  const [one, other] = uploads;
  if (!other) return { upload: one.id };
  const isRight = ({ name }: Schemas['StimulusView']): boolean => /hemi-R|\.R\.|rh\.|[Rr]ight|_R\./.test(name);
  const [left, right] = isRight(one) ? [other, one] : [one, other];
  return { pair: { left: left.id, right: right.id } };
}
