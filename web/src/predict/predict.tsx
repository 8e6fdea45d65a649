// The first page: a stimulus is dropped, and its response asked for.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { anatomy, loadAnatomy } from '../anatomy';
import { Problem } from '../api/client';
import type { Sending } from '../api/upload';
import { CortexCanvas } from '../components/cortex_canvas';
import { ProblemNote } from '../components/problem';
import { Uploading } from '../components/uploading';
import { CAMERA } from '../cortex/camera';
import { remember } from '../history';
import { models, warning } from '../model';
import { go } from '../router';
import { EMPTY, isReady, nameOf, send, type Draft } from './draft';
import { Drop } from './drop';
import { History } from './history';
import { Options } from './options';

export function Predict() {
  const draft = useSignal<Draft>(EMPTY);
  const sending = useSignal<Sending | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const stopping = useRef(new AbortController());
  const known = models.value;
  const change = (next: Draft): void => void (draft.value = next);

  const ask = async (): Promise<void> => {
    if (!known) return;
    stopping.current = new AbortController();
    problem.value = undefined;
    sending.value = { name: nameOf(draft.value), fraction: 0 };
    try {
      const id = await send(draft.value, known.serving.name, (now) => (sending.value = now), stopping.current.signal);
      remember(id, { name: nameOf(draft.value) });
      go('predictions', id);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) problem.value = Problem.from(error);
    } finally {
      sending.value = undefined;
    }
  };

  return (
    <div class="column predict">
      <div class="opening">
        <div class="stack">
          <h1>What would a brain make of it?</h1>
          <p class="lead">
            Give a film, a sound, a picture or a text. The model answers with what an fMRI scanner would be expected to measure, one value a second for every point of the cortex.
            {known && warning(known.serving) && <> This server runs “{known.serving.name}”, {warning(known.serving)}.</>}
          </p>
        </div>
        <Resting />
      </div>
      <section class="panel stack ask" aria-label="Stimulus">
        <Drop draft={draft.value} change={change} />
        {draft.value.file ? (
          <div class="row chosen">
            <strong>{draft.value.file.name}</strong>
            <span class="soft small">{megabytes(draft.value.file.size)}</span>
            <button class="button plain small" onClick={() => change(EMPTY)}>
              Take away
            </button>
          </div>
        ) : (
          <label class="field">
            <span>or type or paste a text</span>
            <textarea rows={3} value={draft.value.text} onInput={({ currentTarget }) => change({ ...draft.value, text: currentTarget.value })} />
          </label>
        )}
        {known && (draft.value.file || draft.value.text.trim()) && <Options draft={draft.value} change={change} serving={known.serving} all={known.all} />}
        {problem.value && <ProblemNote problem={problem.value} again={problem.value.status === 503 || problem.value.status === 0 ? () => void ask() : undefined} />}
        {sending.value ? (
          <Uploading sending={sending.value} then="Asking for the prediction …" stop={() => stopping.current.abort()} />
        ) : (
          <div class="row">
            <button class="button main" disabled={!known || !isReady(draft.value)} onClick={() => void ask()}>
              Predict the response
            </button>
          </div>
        )}
      </section>
      <History />
    </div>
  );
}

/** The cortex without a response, to be turned. */
function Resting() {
  const camera = useSignal({ ...CAMERA, layout: 'lateral' as const, inflation: 0 });
  const mesh = models.value?.serving.mesh;
  useEffect(() => void (mesh && loadAnatomy(mesh)), [mesh]);
  return (
    <div class="resting">
      {anatomy.value && (
        <CortexCanvas geometry={anatomy.value.geometry} label="The cortex of fsaverage, without a response" shown={{ camera: camera.value }} camera={(turned) => (camera.value = { ...turned, layout: 'lateral' })} />
      )}
    </div>
  );
}

function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
