// What goes wrong is said in the server's own words, and what runs can be stopped.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inaccessible, keep, open, server, unexpected } from './browser.mjs';

/** A server with room for one prediction, on which any takes ten minutes, and 1 MB for a file. */
const busy = process.env.ENCORTEX_BUSY_PAGE;

let browser, page, faults;

before(async () => ({ browser, page, faults } = await open()));
after(() => browser?.close());

async function give(name, bytes) {
  await page.goto(busy);
  await page.getByText('Choose a file').waitFor();
  await page.locator('input[type=file]').first().setInputFiles({ name, mimeType: 'audio/wav', buffer: bytes });
  await page.getByRole('button', { name: 'Predict the response' }).click();
}

/** A second of silence, or of another value. */
function sound(value) {
  const samples = Buffer.alloc(16_000, value);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8_000, 24);
  head.writeUInt32LE(16_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

test('404: a prediction that is not there', async () => {
  await page.goto(`${server}#/predictions/${'f'.repeat(32)}`);
  const said = await page.getByRole('alert').textContent();
  assert.match(said, /404/);
  assert.match(said, /ffffffff/);
  await keep(page, 'not-found');
});

test('413: a file that is too large', async () => {
  await give('long.wav', Buffer.alloc(3_000_000));
  const said = await page.getByRole('alert').textContent();
  assert.match(said, /413/);
  assert.match(said, /larger than 1000000 bytes/);
});

test('stages are shown while it runs; 503: there is no room for another', async () => {
  await give('one.wav', sound(1));
  await page.waitForURL(/predictions\//);
  await page.getByText('Laying the stimulus out in time').waitFor();
  const running = page.url();
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'progress');
  await give('two.wav', sound(2));
  const said = await page.getByRole('alert').textContent();
  assert.match(said, /503/);
  assert.match(said, /Ask again in \d+ s/);
  await page.goto(running);
});

test('a prediction is cancelled', async () => {
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
});

test('the page had no fault of its own', () => {
  assert.deepEqual(unexpected(faults), []);
});
