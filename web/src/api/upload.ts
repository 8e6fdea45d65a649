// An upload with its progress, which `fetch` does not tell and XMLHttpRequest does.
import { address, Problem, type Schemas } from './client';

export type Upload = Schemas['StimulusView'];

/** Sends a file's bytes; `told` hears the fraction that has gone. */
export function upload(file: File, told: (fraction: number) => void, signal?: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open('POST', address('/v1/stimuli', { filename: file.name }));
    sending.upload.onprogress = ({ loaded, total }) => told(total > 0 ? loaded / total : 0);
    sending.onload = () => {
      const { status, responseText } = sending;
      if (status === 201) return resolve(JSON.parse(responseText) as Upload);
      Problem.of(new Response(responseText, { status, headers: { 'retry-after': sending.getResponseHeader('retry-after') ?? '' } })).then(reject);
    };
    sending.onerror = () => reject(Problem.unreachable());
    sending.onabort = () => reject(new DOMException('The upload was cancelled.', 'AbortError'));
    signal?.addEventListener('abort', () => sending.abort());
    sending.send(file);
  });
}
