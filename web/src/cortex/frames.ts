// The rows of a response, fetched by ranges of bytes ahead of the cursor. What is held is bounded, however long the stimulus is.
import { address, Problem, request } from '../api/client';
import { percentile } from './scale';

/** Rows of one request: 1.3 MB on fsaverage5. */
const CHUNK_ROWS = 16;
/** Chunks held at once: 31 MB. */
const HELD = 24;
/** Chunks fetched ahead of the cursor. */
const AHEAD = 2;
/** Rows, spread over the stimulus, that the range of colours is taken from. */
const SAMPLED = 8;
const WITHIN = 0.99;
/** Until rows are asked for again that the server was just moving, because their prediction has finished (ms). */
const MOVED = 1000;

export interface Response {
  prediction: string;
  subject: string;
  /** Seconds that can be read by now. */
  rows(): number;
  /** Values in a row: left hemisphere's vertices, then right. */
  vertices: number;
}

export class Frames {
  private readonly chunks = new Map<number, Promise<Float32Array> | Float32Array>();

  /** `arrived` is told whenever rows are there that were not. `failed` when they cannot be had. */
  constructor(
    readonly response: Response,
    private readonly arrived: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** The row, if it is here. It is fetched if it is not, and those after it. */
  at(row: number): Float32Array | undefined {
    const rows = this.response.rows();
    if (row < 0 || row >= rows) return undefined;
    const wanted = Math.floor(row / CHUNK_ROWS);
    const last = Math.floor((rows - 1) / CHUNK_ROWS);
    for (let chunk = Math.min(wanted + AHEAD, last); chunk > wanted; chunk--) this.hold(chunk, Math.min((chunk + 1) * CHUNK_ROWS, rows));
    this.hold(wanted, row + 1);
    const { vertices } = this.response;
    const chunk = this.chunks.get(wanted);
    if (!(chunk instanceof Float32Array)) return undefined;
    const start = (row - wanted * CHUNK_ROWS) * vertices;
    return chunk.subarray(start, start + vertices);
  }

  /** Waits until a row is here, where there is such a row. */
  async ready(row: number): Promise<void> {
    this.at(row);
    await this.chunks.get(Math.floor(row / CHUNK_ROWS));
  }

  /** The 99th percentile of the absolute values of rows spread over the stimulus. */
  async range(): Promise<number> {
    return percentile(await this.sample(this.response.rows()), WITHIN);
  }

  /** Rows that are spread over the first `rows`, one after the other. */
  async sample(rows: number): Promise<Float32Array> {
    const { vertices } = this.response;
    const count = Math.min(rows, SAMPLED);
    const picked = Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * rows) / count));
    const sampled = await Promise.all(picked.map((row) => this.fetch(row, row + 1)));
    const all = new Float32Array(count * vertices);
    sampled.forEach((row, index) => all.set(row, index * vertices));
    return all;
  }

  /** Puts a chunk last in the order of what is let go, fetching it where it is not here as far as row `end`. */
  private hold(chunk: number, end: number): void {
    const known = this.chunks.get(chunk);
    const isShort = known instanceof Float32Array && known.length < (end - chunk * CHUNK_ROWS) * this.response.vertices;
    this.chunks.delete(chunk);
    this.chunks.set(chunk, known && !isShort ? known : this.load(chunk));
    for (const oldest of [...this.chunks.keys()].slice(0, Math.max(0, this.chunks.size - HELD))) this.chunks.delete(oldest);
  }

  private load(chunk: number): Promise<Float32Array> {
    const first = chunk * CHUNK_ROWS;
    const loading = this.fetch(first, Math.min(first + CHUNK_ROWS, this.response.rows()));
    loading.then(
      (values) => {
        if (this.chunks.has(chunk)) this.chunks.set(chunk, values);
        this.arrived();
      },
      (error: unknown) => {
        this.chunks.delete(chunk);
        this.failed(error);
      },
    );
    return loading;
  }

  private async fetch(first: number, end: number): Promise<Float32Array> {
    const { prediction, subject, vertices } = this.response;
    const row = 4 * vertices;
    const headers = { range: `bytes=${first * row}-${end * row - 1}` };
    const ask = (): Promise<globalThis.Response> => request(address('/v1/predictions/{id}/frames', { id: prediction, subject }), { headers });
    const answer = await ask().catch(async (error: unknown) => {
      if (!(error instanceof Problem && error.status === 409)) throw error;
      await new Promise((resolve) => setTimeout(resolve, MOVED));
      return ask();
    });
    return new Float32Array(await answer.arrayBuffer());
  }
}
