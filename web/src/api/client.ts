// The one way to the server: typed requests by the paths of openapi.json, and refusals as `Problem`s in the server's own words.
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

type Method = 'get' | 'post' | 'put' | 'delete';
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
type Responses<O> = O extends { responses: infer R } ? R : never;
/** The JSON of any successful answer of an operation. */
type Answer<P extends keyof paths, M extends Method> = {
  [Status in keyof Responses<Operation<P, M>>]: Status extends 200 | 201 | 202 ? Json<Responses<Operation<P, M>>[Status]> : never;
}[keyof Responses<Operation<P, M>>];

export type Parameters = Record<string, string | number | undefined>;

/** A refusal, or no answer at all (status 0). `message` is for people. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    detail: string,
    /** Seconds after which to ask again. */
    readonly retryAfter: number | undefined = undefined,
  ) {
    super(detail);
  }

  static async of(answer: Response): Promise<Problem> {
    const { title = answer.statusText, detail = `the server answered ${answer.status}`, code = 'no_problem_document' } =
      await answer.json().catch(() => ({}));
    const wait = Number(answer.headers.get('retry-after'));
    return new Problem(answer.status, code, title, detail, wait || undefined);
  }

  static unreachable(): Problem {
    return new Problem(0, 'unreachable', 'No answer', 'The server cannot be reached. Is it running? The page goes on when it answers again.');
  }

  /** What was thrown, as a problem. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem(0, 'page_error', 'The page failed', error instanceof Error ? error.message : String(error));
  }
}

/** An address of the API, wherever the page is mounted. `{name}` in the path is filled in; the rest becomes the query. */
export function address(path: string, parameters: Parameters = {}): URL {
  const query = { ...parameters };
  const filled = path.replace(/^\//, '').replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = query[name];
    delete query[name];
    return encodeURIComponent(String(value));
  });
  const url = new URL(filled, document.baseURI.split('#')[0]);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** Sends a request and holds the answer to be a success. */
export async function request(url: URL, init?: RequestInit): Promise<Response> {
  const answer = await fetch(url, init).catch((error: unknown) => {
    throw error instanceof DOMException && error.name === 'AbortError' ? error : Problem.unreachable();
  });
  if (!answer.ok) throw await Problem.of(answer);
  return answer;
}

export async function get<P extends keyof paths>(path: P, parameters?: Parameters): Promise<Answer<P, 'get'>> {
  return (await request(address(path, parameters))).json();
}

/** Sends JSON. */
export async function post<P extends keyof paths>(path: P, body: unknown, parameters?: Parameters): Promise<Answer<P, 'post'>> {
  const headers = { 'content-type': 'application/json' };
  return (await request(address(path, parameters), { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

/** Deletes, or cancels what has not finished. */
export async function remove(path: keyof paths, parameters?: Parameters): Promise<void> {
  await request(address(path, parameters), { method: 'DELETE' });
}
