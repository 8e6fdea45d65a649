// Connections that break: what was under way goes on by itself.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { keep, open, server } from './browser.mjs';

let browser, page;

before(async () => ({ browser, page } = await open()));
after(() => browser?.close());

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
