// Runs become a subject, whose scores are seen and who is deleted; a model is scored against a run.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inaccessible, keep, open, server, unexpected } from './browser.mjs';
import { measured } from './measured.mjs';

const NAME = 'ann';
/** Until a subject is fitted or a run is scored (ms). */
const DONE = 120_000;

let browser, page, faults, runs;

before(async () => {
  ({ browser, page, faults } = await open());
  runs = [];
  for (const story of [0, 1, 2]) runs.push(await measured(server, story, 'sub-01'));
});
after(() => browser?.close());

async function give(number) {
  const { text, bold } = runs[number - 1];
  await page.getByLabel(`Stimulus of run ${number}`).setInputFiles({ name: `story-${number}.txt`, mimeType: 'text/plain', buffer: Buffer.from(text) });
  await page.getByLabel(`BOLD: one file, or a GIFTI pair of run ${number}`).setInputFiles({ name: `run-${number}_bold.dtseries.nii`, mimeType: 'application/octet-stream', buffer: bold });
  await page.getByLabel(`Stimulus begins at (s) of run ${number}`).fill('-5');
}

test('three runs become a subject', async () => {
  await page.goto(`${server}#/subjects`);
  await page.getByText('Fit a subject').click();
  assert.ok(await page.getByRole('button', { name: 'Fit the subject' }).isDisabled());
  await page.getByLabel(/^Name/).fill(NAME);
  for (const number of [1, 2, 3]) await give(number);
  await page.getByLabel('Run 3 is held out').check();
  await page.getByLabel(/responses were simulated/).check();
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'fit');
  await page.getByRole('button', { name: 'Fit the subject' }).click();
  await page.waitForURL(/experiments\/[0-9a-f]{32}/);
  await page.locator('.map-view canvas').first().waitFor({ timeout: DONE });
});

test('its scores are those of the card', async () => {
  await page.goto(`${server}#/subjects`);
  await page.getByRole('link', { name: NAME }).click();
  await page.locator('.map-view canvas').first().waitFor();
  const { scores } = await (await fetch(`${server}v1/subjects/${NAME}`)).json();
  assert.equal(Number(await page.locator('[data-r]').getAttribute('data-r')), scores.held_out_r);
  assert.match(await page.locator('.said').textContent(), /nobody was scanned: no evidence about brains/);
  await page.getByRole('radio', { name: 'gain' }).check();
  await page.waitForURL(/score=gain.*map=red-blue/);
  await page.getByRole('radio', { name: 'r', exact: true }).check();
  await page.waitForURL(/map=fire/);
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'subject');
});

test('the model is scored against a run', async () => {
  await page.goto(`${server}#/subjects/score`);
  await page.getByLabel('Person of run 1').fill(NAME);
  await give(1);
  await page.getByLabel(/responses were simulated/).check();
  await page.getByRole('button', { name: 'Score the model' }).click();
  await page.locator('.map-view canvas').first().waitFor({ timeout: DONE });
  const [, id] = /experiments\/([0-9a-f]+)/.exec(page.url());
  const { report } = await (await fetch(`${server}v1/experiments/${id}`)).json();
  assert.equal(Number(await page.locator('[data-r]').getAttribute('data-r')), report.people[0].mean_r);
  assert.match(await page.locator('.facts').first().textContent(), /predicted byann/);
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'evaluation');
});

test('a subject is deleted once the name is typed', async () => {
  await page.goto(`${server}#/subjects/of/${NAME}`);
  await page.getByRole('button', { name: `Delete ${NAME} and their data` }).click();
  const forGood = page.getByRole('button', { name: 'Delete without a trace' });
  assert.ok(await forGood.isDisabled());
  await page.getByLabel('Type the name to go on').fill(NAME);
  await forGood.click();
  await page.getByText('Nobody has been fitted on this server').waitFor();
  assert.equal((await fetch(`${server}v1/subjects/${NAME}`)).status, 404);
});

test('the page had no fault of its own', () => {
  assert.deepEqual(unexpected(faults), []);
});
