// A server of a test's own, which is killed and started again on the same port and data.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class OwnServer {
  #port = 0;
  #process;

  constructor(data) {
    this.data = data;
  }

  static async start() {
    const server = new OwnServer(await mkdtemp(join(tmpdir(), 'encortex-')));
    await server.begin();
    return server;
  }

  get address() {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** Waits until it listens. */
  async begin() {
    const arguments_ = ['serve', '--listen', `127.0.0.1:${this.#port}`, '--data-dir', this.data];
    this.#process = spawn(process.env.ENCORTEX_BINARY, arguments_, { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = await once(createInterface(this.#process.stdout), 'line');
    this.#port = Number(/:(\d+)$/.exec(line)[1]);
  }

  async kill() {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }

  async end() {
    await this.kill();
    await rm(this.data, { recursive: true });
  }
}
