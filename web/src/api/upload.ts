// An upload in pieces, by tus 1.0.0: when the connection breaks, it goes on from what has arrived. Progress within a piece is what
// XMLHttpRequest tells and `fetch` does not.
import { begunOf, keepBegun } from './begun';
import { address, get, Problem, request, type Schemas } from './client';

export type Uploaded = Schemas['StimulusView'];

/** A file that is on its way. */
export interface Sending {
  name: string;
  fraction: number;
  /** Why it does not go on for now; it is tried again. */
  trouble?: Problem;
}

/** How far the server is with an upload. */
interface Standing {
  /** Bytes that have arrived. */
  offset: number;
  /** What has become of the whole. */
  stimulus: string | null;
}

const TUS = { 'tus-resumable': '1.0.0' };
/** Bytes. */
const PIECE = 8 << 20;
/** Without a byte for so long, a connection is lost, whatever the network says (ms). */
const STALLED = 30_000;
/** Until it is tried again, the longer the more often it failed (s). */
const WAITS = [0.5, 1, 2, 4, 8];
/** Lost connections, another piece that is still arriving, and servers that stop or start. */
const PASSING: ReadonlySet<number> = new Set([0, 408, 409, 423, 502, 503, 504]);

/** Sends a file's bytes. */
export async function upload(file: File, told: (sending: Sending) => void, signal = new AbortController().signal): Promise<Uploaded> {
  const { name } = file;
  let begun = begunOf(file);
  let [failures, fraction] = [0, 0];
  const advance = (bytes: number): void => told({ name, fraction: (fraction = file.size > 0 ? bytes / file.size : 0) });
  for (;;) {
    try {
      begun ??= await begin(file, signal);
      keepBegun(file, begun);
      let { offset, stimulus } = await ask(begun, signal);
      for (; !stimulus; failures = 0) {
        advance(offset);
        const from = offset;
        ({ offset, stimulus } = await put(begun, file.slice(from, from + PIECE), from, (sent) => advance(from + sent), signal));
      }
      const uploaded = await get('/v1/stimuli/{id}', { id: stimulus });
      keepBegun(file, undefined);
      advance(file.size);
      return uploaded;
    } catch (error) {
      if (signal.aborted && begun) discard(file, begun);
      if (!(error instanceof Problem)) throw error;
      if (error.status === 404 && begun) {
        // It was kept for too long, or the server has other data: from the beginning.
        begun = undefined;
      } else if (PASSING.has(error.status)) {
        told({ name, fraction, trouble: error });
        await pause(error.retryAfter ?? WAITS[Math.min(failures++, WAITS.length - 1)], signal);
      } else {
        throw error;
      }
    }
  }
}

async function begin(file: File, signal: AbortSignal): Promise<string> {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const headers = { ...TUS, 'upload-length': String(file.size), 'upload-metadata': `filename ${name}` };
  const answer = await request(address('/v1/uploads'), { method: 'POST', headers, signal: patient(signal) });
  return answer.headers.get('location')?.split('/').pop() ?? '';
}

async function ask(id: string, signal: AbortSignal): Promise<Standing> {
  const { headers } = await request(address('/v1/uploads/{id}', { id }), { method: 'HEAD', headers: TUS, signal: patient(signal) });
  return { offset: Number(headers.get('upload-offset')), stimulus: headers.get('x-stimulus') };
}

/** Sends a piece; `told` hears how much of it has gone. */
function put(id: string, piece: Blob, offset: number, told: (bytes: number) => void, signal: AbortSignal): Promise<Standing> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    const abort = (): void => sending.abort();
    let stalled = setTimeout(abort, STALLED);
    sending.open('PATCH', address('/v1/uploads/{id}', { id }));
    const headers = { ...TUS, 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' };
    for (const [header, value] of Object.entries(headers)) sending.setRequestHeader(header, value);
    sending.upload.onprogress = ({ loaded }) => {
      clearTimeout(stalled);
      stalled = setTimeout(abort, STALLED);
      told(loaded);
    };
    sending.onload = () => {
      const { status, responseText } = sending;
      const said = (header: string): string | null => sending.getResponseHeader(header);
      if (status === 204) return resolve({ offset: Number(said('upload-offset')), stimulus: said('x-stimulus') });
      Problem.of(new Response(responseText, { status, headers: { 'retry-after': said('retry-after') ?? '' } })).then(reject);
    };
    sending.onerror = () => reject(Problem.unreachable());
    sending.onabort = () => reject(signal.aborted ? signal.reason : Problem.unreachable());
    sending.onloadend = () => {
      clearTimeout(stalled);
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort);
    sending.send(piece);
  });
}

/** What is not wanted any more is not kept either; what cannot be removed now, the server removes after a day. */
function discard(file: File, id: string): void {
  keepBegun(file, undefined);
  request(address('/v1/uploads/{id}', { id }), { method: 'DELETE', headers: TUS }).catch(() => undefined);
}

/** Waits, but not when the browser says that the network is back. */
function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const end = (done: () => void) => (): void => {
      over.abort();
      done();
    };
    setTimeout(end(resolve), 1000 * seconds);
    addEventListener('online', end(resolve), { signal: over.signal });
    signal.addEventListener('abort', end(() => reject(signal.reason)), { signal: over.signal });
  });
}

/** Ends with a signal, or when no answer comes. */
function patient(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(STALLED)]);
}
