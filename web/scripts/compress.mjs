// Lays a gzipped copy beside every text of dist/, for the server to send to browsers that take it.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const texts = (await readdir(dist, { recursive: true })).filter((name) => /\.(html|js|css|svg)$/.test(name));
for (const name of texts) {
  await writeFile(new URL(`${name}.gz`, dist), gzipSync(await readFile(new URL(name, dist)), { level: 9 }));
}
