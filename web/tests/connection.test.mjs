// Connections that break and servers that stop: what was under way goes on by itself.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { inaccessible, keep, open, server, unexpected } from './browser.mjs';
import { OwnServer } from './own_server.mjs';

/** Long enough to be stopped in the midst of its prediction (s). */
const LENGTH = 2400;
const RATE = 8000;
let browser, page, faults, own;

before(async () => {
  ({ browser, page, faults } = await open());
  own = await OwnServer.start();
});
after(async () => {
  await browser?.close();
  await own?.end();
});

/** A tone as WAV, 8 bits a sample. */
function tone() {
  const samples = Buffer.from(Array.from({ length: LENGTH * RATE }, (_, sample) => 128 + 100 * Math.sin((2 * Math.PI * 440 * sample) / RATE)));
  const head = Buffer.from('RIFF....WAVEfmt ....................data....');
  head.writeUInt32LE(36 + samples.length, 4);
  [[16, 16], [24, RATE], [28, RATE], [40, samples.length]].forEach(([at, value]) => head.writeUInt32LE(value, at));
  [[20, 1], [22, 1], [32, 1], [34, 8]].forEach(([at, value]) => head.writeUInt16LE(value, at));
  return Buffer.concat([head, samples]);
}

test('an upload goes on from where it was when the connection was lost', async () => {
  const bytes = randomBytes(20 << 20);
  const offsets = [];
  await page.route('**/v1/uploads/*', async (route) => {
    const { 'upload-offset': offset } = route.request().headers();
    if (route.request().method() !== 'PATCH') return route.continue();
    offsets.push(Number(offset) / (1 << 20));
    if (offsets.length > 1 && offsets.length < 5) return route.abort('connectionfailed');
    return route.continue();
  });
  await page.goto(server);
  await page.getByText('Choose a file').waitFor();
  await page.locator('input[type=file]').first().setInputFiles({ name: 'noise.mp4', mimeType: 'video/mp4', buffer: bytes });
  await page.getByRole('button', { name: 'Predict the response' }).click();
  await page.getByText('Connection lost, trying again').waitFor();
  await keep(page, 'connection-lost');
  // Noise is no film.
  assert.match(await page.getByRole('alert').textContent(), /422/);
  assert.deepEqual(offsets, [0, 8, 8, 8, 8, 16]);
  const [stimulus] = (await (await fetch(`${server}v1/stimuli`)).json()).filter(({ name }) => name === 'noise.mp4');
  const kept = Buffer.from(await (await fetch(`${server}v1/stimuli/${stimulus.id}/content`)).arrayBuffer());
  assert.ok(kept.equals(bytes), 'other bytes');
});

test('seconds that are done are watched while the others are predicted', async () => {
  const upload = await fetch(`${own.address}v1/stimuli?filename=tone.wav`, { method: 'POST', body: tone() });
  const order = { audio: (await upload.json()).id };
  const asked = await fetch(`${own.address}v1/predictions`, { method: 'POST', body: JSON.stringify(order), headers: { 'content-type': 'application/json' } });
  const { id } = await asked.json();
  await page.goto(`${own.address}#/predictions/${id}`);
  await page.getByText(/\d+ of 2400 seconds are predicted/).waitFor();
  await page.locator('.legend').waitFor();
  const box = await page.locator('.cortex canvas').boundingBox();
  await page.mouse.move(box.x + box.width * 0.26, box.y + box.height * 0.26);
  const tip = page.locator('.tip');
  await tip.locator('[data-value]').waitFor();
  const place = Number(await tip.getAttribute('data-place'));
  const first = await fetch(`${own.address}v1/predictions/${id}/frames`, { headers: { range: `bytes=${4 * place}-${4 * place + 3}` } });
  assert.equal(first.status, 206);
  assert.equal(Number(await tip.locator('[data-value]').getAttribute('data-value')), new Float32Array(await first.arrayBuffer())[0]);
  await keep(page, 'watch-partial');
  assert.deepEqual(await inaccessible(page), []);
  assert.equal(await page.getByText('Download', { exact: true }).count(), 0);
});

test('a prediction goes on when its server was killed and is back', async () => {
  await own.kill();
  await page.getByText('The connection is lost').waitFor();
  await own.begin();
  await page.getByText('Download', { exact: true }).waitFor({ timeout: 240_000 });
  assert.equal(await page.locator('.remaining').count(), 0);
  await keep(page, 'watch-resumed');
});

test('the page had no fault of its own', () => {
  assert.deepEqual(unexpected(faults), []);
});
