// What is compared, outlined, saved and sliced is what the arrays hold.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { inaccessible, keep, open, server, unexpected } from './browser.mjs';

const SECONDS = 3;
let browser, page, faults, id, vertices, rows;

const json = async (path, init) => (await fetch(`${server}v1/${path}`, init)).json();

before(async () => {
  ({ browser, page, faults } = await open());
  const text = 'Seven rivers run under the stone and the light falls on them all day long.';
  const { id: upload } = await json('stimuli?filename=rivers.txt', { method: 'POST', body: text });
  let prediction = await json('predictions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: upload, subject: ['sub-01', 'sub-02'] }) });
  while (['queued', 'running'].includes(prediction.state)) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    prediction = await json(`predictions/${prediction.id}`);
  }
  ({ id } = prediction);
  ({ vertices } = prediction.result);
  const frames = async (subject) => new Float32Array(await (await fetch(`${server}v1/predictions/${id}/frames?subject=${subject}`)).arrayBuffer());
  rows = { one: await frames('sub-01'), other: await frames('sub-02') };
});
after(() => browser?.close());

/** Opens the view at second 2 and reads what is under the pointer. */
async function hover(settings) {
  await page.goto('about:blank');
  await page.goto(`${server}#/predictions/${id}?t=2.5&subject=sub-01${settings}`);
  await page.locator('.legend').waitFor();
  const box = await page.locator('.cortex canvas').first().boundingBox();
  const tip = page.locator('.tip');
  for (let tries = 0; tries < 20; tries++) {
    await page.mouse.move(box.x + box.width * 0.26, box.y + box.height * (0.25 + 0.001 * tries));
    await page.waitForTimeout(300);
    if ((await tip.locator('[data-value]').count()) > 0) break;
  }
  const values = await tip.locator('[data-value]').evaluateAll((all) => all.map((one) => Number(one.dataset.value)));
  return { place: Number(await tip.getAttribute('data-place')), values };
}

test('two subjects are read side by side, with their difference', async () => {
  const { place, values } = await hover(`&compare=beside&with=${id}~sub-02`);
  const at = 2 * vertices + place;
  assert.equal(await page.locator('.faces figure').count(), 2);
  assert.deepEqual(values, [rows.one[at], rows.other[at], Math.fround(rows.one[at] - rows.other[at])]);
  await keep(page, 'beside');
});

test('a response less itself is nothing anywhere', async () => {
  const { values } = await hover(`&compare=difference&with=${id}~sub-01`);
  assert.equal(values[2], 0);
  assert.match(await page.locator('.legend').textContent(), /difference of predicted BOLD/);
});

test('a vector figure has the numbers of the colour bar as text', async () => {
  await hover('&outlines=spheres&threshold=0.2&limit=0.8');
  await page.getByText('Figure', { exact: true }).click();
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'SVG' }).click()]);
  const written = [...(await readFile(await saved.path(), 'utf8')).matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text);
  assert.ok(written.includes('0.8') && written.some((text) => text.includes('drawn from 0.2')), written.join('\n'));
  assert.ok(written.some((text) => text.includes('Model prediction')) && written.some((text) => text.includes('“simulated”')));
});

test('a film that is stopped is not saved, and another can be made', async () => {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(/film-[^/]*\.js$/, async (route) => {
    await held;
    await route.continue();
  });
  const saved = [];
  page.on('download', (download) => saved.push(download));
  await page.getByRole('button', { name: 'MP4' }).click();
  await page.getByText(/^0 of \d+ frames$/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  release();
  await page.getByRole('button', { name: 'MP4' }).waitFor();
  assert.deepEqual(saved, []);
  assert.equal(await page.getByRole('alert').count(), 0);
  await page.unrouteAll();
  page.removeAllListeners('download');
});

test('a film has a frame for each second', async () => {
  await page.getByRole('spinbutton', { name: 'to second' }).fill(String(SECONDS - 1));
  await page.keyboard.press('Tab');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'MP4' }).click()]);
  const film = await readFile(await saved.path());
  // The table of sizes of samples: its head of 12 bytes, then how many there are.
  assert.equal(film.readUInt32BE(film.indexOf('stsz') + 12), SECONDS);
});

test('a browser without WebCodecs is told what films need, and saves pictures', async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => delete globalThis.VideoEncoder);
  const other = await context.newPage();
  await other.goto(`${server}#/predictions/${id}`);
  await other.locator('.legend').waitFor();
  await other.getByText('Figure', { exact: true }).click();
  await other.getByText(/Films need WebCodecs.*save a PNG of each second/).waitFor();
  assert.equal(await other.getByRole('button', { name: 'MP4' }).count(), 0);
  await Promise.all([other.waitForEvent('download'), other.getByRole('button', { name: 'PNG' }).click()]);
  await context.close();
});

test('a slice shows the value of its voxel', async () => {
  await hover('&subcortex=1');
  const shown = page.locator('.volume output [data-value]');
  await shown.waitFor();
  const value = Number(await shown.getAttribute('data-value'));
  const { files } = await json(`predictions/${id}`);
  const { href } = files.find(({ name, subject }) => subject === 'sub-01' && name.includes('MNI152') && name.endsWith('.npy'));
  const bytes = await (await fetch(new URL(href.slice(1), server))).arrayBuffer();
  const start = 10 + new DataView(bytes).getUint16(8, true);
  const second = new Float32Array(bytes.slice(start)).subarray(2 * 8802, 3 * 8802);
  assert.equal(value, Math.max(...second), 'it begins at the peak');
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'subcortex');
});

test('a reference is made of what the card says', async () => {
  await page.getByText('Cite', { exact: true }).click();
  assert.match(await page.getByLabel('BibTeX').textContent(), /@misc\{simulated,[\s\S]*weights SHA-256 [0-9a-f]{64}/);
});

test('the page had no fault of its own', () => {
  assert.deepEqual(unexpected(faults), []);
});
