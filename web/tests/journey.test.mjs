// From a film to its response on the cortex: what a person does, with the real server.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { inaccessible, keep, open, server, unexpected } from './browser.mjs';

let browser, page, faults, id, response;

before(async () => ({ browser, page, faults } = await open()));
after(() => browser?.close());

/** The time and row that the page says it shows. */
async function clock() {
  const [seconds, row] = await page.locator('.clock').locator('strong, span').allTextContents();
  return { seconds: parseFloat(seconds), row: Number(/TR (\d+)/.exec(row)?.[1]) - 1 };
}

/** Puts the pointer on the left lateral view and returns what is said there. */
async function hover() {
  const box = await page.locator('.cortex canvas').first().boundingBox();
  await page.mouse.move(box.x + box.width * 0.27, box.y + box.height * 0.25);
  await page.mouse.move(box.x + box.width * 0.26, box.y + box.height * 0.26);
  const tip = page.locator('.tip');
  await tip.waitFor();
  return { place: Number(await tip.getAttribute('data-place')), value: Number(await tip.locator('[data-value]').first().getAttribute('data-value')) };
}

test('a film is uploaded and its response is watched', async () => {
  await page.goto(server);
  await page.getByText('Choose a file').waitFor();
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'predict');
  await page.locator('input[type=file]').first().setInputFiles([process.env.ENCORTEX_FILM, process.env.ENCORTEX_TRANSCRIPT]);
  await page.getByText(/Transcript: /).waitFor();
  await page.getByRole('button', { name: 'Predict the response' }).click();
  await page.waitForURL(/predictions\/[0-9a-f]+/);
  id = /predictions\/([0-9a-f]+)/.exec(page.url())[1];
  await page.locator('.cortex canvas').waitFor({ timeout: 110_000 });
  await page.waitForFunction(() => document.querySelector('video')?.readyState >= 2);
  await page.locator('.regions .bar').first().waitFor();
  const { result } = await (await fetch(`${server}v1/predictions/${id}`)).json();
  const bytes = await (await fetch(`${server}v1/predictions/${id}/frames`)).arrayBuffer();
  response = { vertices: result.vertices, values: new Float32Array(bytes) };
});

test('the model and its worth are always in sight', async () => {
  const said = await page.locator('.said').textContent();
  assert.match(said, /model prediction/);
  assert.match(said, /simulated: trained on simulated responses: no evidence about brains/);
  assert.match(await page.locator('.foot').textContent(), /not a measurement/);
  assert.match(await page.locator('.legend').textContent(), /predicted BOLD \(arbitrary units\)/);
});

test('the second that is shown is the second of the film, and the value is that of the array', async () => {
  for (const second of [0, 2, 5]) {
    await page.getByRole('slider', { name: 'Time of the stimulus' }).fill(String(second + 0.5));
    await page.waitForFunction((time) => Math.abs(document.querySelector('video').currentTime - time) < 0.06, second + 0.5);
    assert.deepEqual(await clock(), { seconds: second + 0.5, row: second });
    const { place, value } = await hover();
    assert.equal(value, response.values[second * response.vertices + place], `vertex ${place} in second ${second}`);
  }
});

test('a click pins a time course, and the address holds the view', async () => {
  const box = await page.locator('.cortex canvas').boundingBox();
  await page.mouse.click(box.x + box.width * 0.26, box.y + box.height * 0.26);
  await page.locator('.pins li').waitFor();
  await page.getByRole('button', { name: 'MT', exact: true }).click();
  await page.getByRole('slider', { name: 'Threshold' }).fill('0.1');
  await page.getByRole('radio', { name: 'dorsal' }).check();
  await page.waitForURL(/view=dorsal/);
  const address = page.url();
  assert.match(address, /t=5\.5/);
  await page.reload();
  await page.locator('.pins li').waitFor();
  assert.deepEqual(await clock(), { seconds: 5.5, row: 5 });
  assert.ok(await page.getByRole('radio', { name: 'dorsal' }).isChecked());
  assert.equal(await page.getByRole('button', { name: 'MT', exact: true }).getAttribute('aria-pressed'), 'true');
  await page.waitForTimeout(600);
  assert.equal(page.url(), address);
  await page.getByRole('radio', { name: '2 × 2' }).check();
});

test('everything is done by keyboard', async () => {
  await page.locator('#main').focus();
  await page.keyboard.press('Home');
  assert.equal((await clock()).row, 0);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.equal((await clock()).row, 2);
  await page.keyboard.press('ArrowLeft');
  assert.equal((await clock()).row, 1);
  await page.keyboard.press('Shift+ArrowRight');
  assert.equal((await clock()).row, 7, 'ten on, as far as the film goes');
  await page.keyboard.press('Home');
  await page.keyboard.press(' ');
  await page.waitForFunction(() => !document.querySelector('video').paused);
  await page.waitForFunction(() => document.querySelector('video').currentTime > 0.5);
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.querySelector('video').paused);
  await page.keyboard.press('End');
  assert.equal((await clock()).row, 7);
});

test('the cortex is turned, and a vertex pinned, without pointing', async () => {
  await page.getByText('Turn', { exact: true }).press('Enter');
  await page.getByRole('slider', { name: 'To the side (°)' }).fill('30');
  await page.keyboard.press('Escape');
  await page.waitForURL(/turn=30/);
  await page.getByRole('spinbutton', { name: 'Vertex' }).fill('77');
  await page.keyboard.press('Enter');
  await page.getByText('left vertex 77').waitFor();
});

test('scanner time is behind the stimulus by the lag', async () => {
  await page.getByRole('radio', { name: /scanner time/ }).check();
  await page.getByRole('slider', { name: 'Time of the stimulus' }).fill('6.5');
  assert.equal((await clock()).row, 1);
  await page.getByRole('radio', { name: 'stimulus time' }).check();
});

test('the response without words is seen beside the one with them, and as their difference', async () => {
  const order = new FormData();
  order.append('video', await openAsBlob(process.env.ENCORTEX_FILM), 'wordless.mp4');
  order.append('modalities', 'video');
  const answer = await fetch(`${server}v1/predictions`, { method: 'POST', body: order, headers: { prefer: 'wait=100' } });
  const wordless = await answer.json();
  assert.equal(wordless.state, 'succeeded', JSON.stringify(wordless));
  const other = new Float32Array(await (await fetch(`${server}v1/predictions/${wordless.id}/frames`)).arrayBuffer());
  await page.reload();
  await page.getByRole('radio', { name: 'side by side' }).check();
  await page.getByLabel('Compared with').selectOption(wordless.id);
  await page.waitForURL(/compare=beside/);
  const { row } = await clock();
  const { place } = await hover();
  await page.waitForFunction(() => document.querySelectorAll('.tip [data-value]').length === 3);
  const values = await page.locator('.tip [data-value]').evaluateAll((values) => values.map(({ dataset }) => Number(dataset.value)));
  const at = row * response.vertices + place;
  assert.deepEqual(values, [response.values[at], other[at], Math.fround(response.values[at] - other[at])]);
  await keep(page, 'watch-beside');
  await page.getByRole('radio', { name: 'difference' }).check();
  await page.waitForURL(/compare=difference/);
  await page.getByText('difference of predicted BOLD').waitFor();
  assert.deepEqual(await inaccessible(page), []);
  await page.getByRole('radio', { name: 'one', exact: true }).check();
});

test('borders of regions are drawn when they are asked for, and the address holds them', async () => {
  const drawn = async () => (await page.locator('.cortex').screenshot()).toString('base64');
  await page.mouse.move(0, 0);
  const without = await drawn();
  await page.getByRole('checkbox', { name: 'Outlines' }).check();
  await page.waitForTimeout(500);
  assert.notEqual(await drawn(), without);
  await keep(page, 'watch-outlines');
  await page.getByRole('checkbox', { name: 'Outlines' }).uncheck();
});

test('pictures, films and tables are saved', async () => {
  await page.getByText('Figure', { exact: true }).click();
  const saved = async (name) => (await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.getByRole('button', { name }).click()]))[0];
  const picture = await saved('PNG');
  assert.match(picture.suggestedFilename(), /_second-\d+\.png$/);
  const vectors = await readFile(await (await saved('SVG')).path(), 'utf8');
  const limit = await page.getByRole('slider', { name: /Limit/ }).inputValue();
  assert.ok(vectors.includes('linearGradient') && vectors.includes('Model prediction: ') && limit > 0, vectors.slice(0, 2000));
  await page.getByLabel('to second').fill('2');
  await page.getByLabel('to second').press('Tab');
  const film = await (await saved('MP4')).path();
  const { stderr } = spawnSync('ffmpeg', ['-nostdin', '-i', film, '-f', 'null', '-'], { encoding: 'utf8' });
  assert.equal(/frame=\s*(\d+)(?!.*frame=)/s.exec(stderr)?.[1], '3', stderr);
  await page.keyboard.press('Escape');
  const [table] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'CSV' }).click()]);
  assert.match(table.suggestedFilename(), /_timecourses\.csv$/);
  await page.getByText('Download').click();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /\.func\.gii$/ }).first().click()]);
  assert.equal(await file.failure(), null);
  await page.keyboard.press('Escape');
});

test('nothing serious stands in the way of anyone, in light and in dark', async () => {
  await keep(page, 'watch');
  assert.deepEqual(await inaccessible(page), []);
  await page.getByRole('button', { name: 'Dark colours' }).click();
  await page.waitForTimeout(300);
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'watch-dark');
});

test('what was predicted is listed with a picture', async () => {
  await page.waitForFunction(() => localStorage.getItem('encortex.predictions')?.includes('data:image'));
  await page.goto(`${server}#/predictions`);
  await page.locator('.cards img').first().waitFor();
});

test('without WebGL 2 the server draws', async () => {
  const plain = await open({}, ['--disable-3d-apis']);
  await plain.page.goto(`${server}#/predictions/${id}`);
  await plain.page.getByText('This browser has no WebGL 2').waitFor();
  await plain.page.waitForFunction(() => document.querySelector('.cortex img')?.naturalWidth > 0);
  await plain.page.locator('.regions .bar').first().waitFor();
  await plain.browser.close();
});

test('the page had no fault of its own', () => {
  assert.deepEqual(unexpected(faults), []);
});
