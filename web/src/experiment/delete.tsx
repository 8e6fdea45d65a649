// An experiment is deleted with its results, once that is confirmed.
import { useSignal } from '@preact/signals';
import { remove } from '../api/client';
import { go } from '../router';
import type { View } from './experiment';

export function Delete({ view, fail }: { view: View; fail(error: unknown): void }) {
  const sure = useSignal(false);
  const take = (): void => void remove('/v1/experiments/{id}', { id: view.id }).then(() => go('experiments'), fail);
  return (
    <div class="row">
      {sure.value ? (
        <>
          <span class="small">Delete it with its results?</span>
          <button class="button" onClick={take}>
            Delete
          </button>
          <button class="button plain" onClick={() => (sure.value = false)}>
            Keep it
          </button>
        </>
      ) : (
        <button class="button plain small" onClick={() => (sure.value = true)}>
          Delete this experiment
        </button>
      )}
    </div>
  );
}
