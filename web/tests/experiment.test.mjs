// From a localizer to its contrast on the cortex: what a person does, with the real server.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inaccessible, keep, open, server, unexpected } from './browser.mjs';

const SENTENCES = ['The old man feeds the birds in the park', 'A girl paints the door of her small house', 'The nurse reads a letter from her brother'];
const LISTS = ['park the birds feeds in man old the the', 'door of paints small house girl the her a', 'letter brother the a reads her from nurse'];
/** Until an experiment of six sentences has been run (ms). */
const SCANNED = 90_000;

let browser, page, faults, id, report;

before(async () => ({ browser, page, faults } = await open()));
after(() => browser?.close());

const api = async (path) => (await fetch(`${server}v1/${path}`)).json();

/** The numbers of a map, as the server gives them. */
async function mapOf(name, cell = 0, experiment = id) {
  return new Float32Array(await (await fetch(`${server}v1/experiments/${experiment}/cells/${cell}/map?map=${encodeURIComponent(name)}`)).arrayBuffer());
}

const statistics = () => page.getByRole('radiogroup', { name: 'Statistic' });
const choose = (statistic) => statistics().getByRole('radio', { name: statistic, exact: true }).check();

/** What a region's row says in the columns of the report. */
async function rowOf(region) {
  const row = page.locator(`tr[data-region="${region}"]`);
  const said = async (name) => Number(await row.locator(`[data-${name}]`).getAttribute(`data-${name}`));
  return { mean: await said('mean'), t: await said('t'), p: await said('p'), larger: await said('larger'), text: await row.textContent() };
}

test('the library says what each localizer shows', async () => {
  await page.goto(`${server}#/experiments`);
  await page.getByText('Sentences and word lists').waitFor();
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'experiments');
});

test('a localizer of texts needs nothing: its design and its cost are shown at once', async () => {
  await page.getByText('Sentences and pseudo-words').click();
  await page.getByRole('button', { name: 'Run it' }).and(page.locator(':enabled')).waitFor();
  const { design } = await (
    await fetch(`${server}v1/experiments:validate`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"localizer": "sentences_pseudo_words"}' })
  ).json();
  assert.match(await page.locator('.facts').textContent(), new RegExp(`Trials${design.trials}.*Forwards${design.forwards}`));
  assert.match(await page.getByText('Expected in').locator('xpath=ancestor::table').textContent(), /IFG.*left.*Fedorenko 2010/);
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'localizer');
});

test('an experiment is cancelled', async () => {
  await page.getByRole('button', { name: 'Run it' }).click();
  await page.waitForURL(/experiments\/[0-9a-f]{32}/);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'Cancelled' }).waitFor({ timeout: SCANNED });
  await page.getByRole('button', { name: 'Delete it' }).click();
  await page.waitForURL(/experiments$/);
});

test('folders become conditions, and the contrast follows them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'encortex-'));
  for (const [condition, grey] of [['faces', 40], ['places', 90], ['tools', 140]]) {
    await mkdir(join(folder, condition));
    for (const step of [0, 1]) await writeFile(join(folder, condition, `${step}.bmp`), picture(grey + step));
  }
  await page.goto(`${server}#/experiments/new`);
  await page.getByLabel('Folders').setInputFiles(folder);
  await page.locator('.facts').waitFor();
  assert.deepEqual((await page.locator('.keys li').allTextContents()).sort(), ['faces', 'places', 'tools']);
  assert.match(await page.getByLabel('Expression of contrast 1').inputValue(), /^(\w+) - \((\w+) \+ (\w+)\) \/ 2$/);
  assert.match(await page.locator('.facts').textContent(), /Trials6/);
  await rm(folder, { recursive: true });
});

/** 16 × 16 pixels of one grey, as a bitmap. */
function picture(grey) {
  const pixels = Buffer.alloc(16 * 16 * 3, grey);
  const head = Buffer.alloc(54);
  head.write('BM', 0);
  head.writeUInt32LE(head.length + pixels.length, 2);
  head.writeUInt32LE(head.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(16, 18);
  head.writeInt32LE(16, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  return Buffer.concat([head, pixels]);
}

test('a fault of the spec is said with its place and what would do', async () => {
  await page.goto(`${server}#/experiments`);
  await page.getByText('Build your own').click();
  await page.getByLabel('Texts, one a line').nth(0).fill(SENTENCES.join('\n'));
  await page.getByLabel('Texts, one a line').nth(1).fill(LISTS.join('\n'));
  await page.getByLabel('Expression of contrast 1').fill('a - c');
  const fault = await page.getByRole('alert').first().textContent();
  assert.match(fault, /contrasts\[0\]/);
  assert.match(fault, /Would do: .*b/);
  assert.ok(await page.getByRole('button', { name: 'Run it' }).isDisabled());
});

test('conditions of one’s own become a contrast on the cortex', async () => {
  await page.getByLabel('Name', { exact: true }).fill('sentences and lists');
  await page.getByLabel('Expression of contrast 1').fill('a - b');
  await page.getByText('Vary something in a grid').click();
  await page.getByRole('button', { name: 'Vary a field' }).click();
  await page.getByLabel('Field 1 that varies').fill('design.asynchrony_s');
  await page.getByLabel('Values of field 1').fill('6, 8');
  await page.getByText(/× 2 cells/).waitFor();
  await keep(page, 'own-experiment');
  await page.getByRole('button', { name: 'Run it' }).click();
  await page.waitForURL(/experiments\/[0-9a-f]{32}/);
  id = /experiments\/([0-9a-f]+)/.exec(page.url())[1];
  await page.locator('.map-view canvas').first().waitFor({ timeout: SCANNED });
  ({ report } = await api(`experiments/${id}`));
});

test('n, the unit and the model are said beside the numbers', async () => {
  assert.match(await page.locator('.said').textContent(), /model prediction.*no evidence about brains.*n counts stimuli/);
  assert.match(await page.locator('.counted').textContent(), /n = 3 a, 3 b\. The unit is the stimulus/);
  assert.match(await page.locator('.map-view .legend').textContent(), /difference of predicted BOLD/);
});

test('the table of regions has the numbers of the report', async () => {
  const [{ regions }] = report.contrasts;
  assert.ok(regions.length > 10);
  for (const { region, mean, t, p, patches_larger } of regions) {
    const row = await rowOf(region);
    assert.deepEqual([row.mean, row.t, row.p, row.larger], [mean, t, p, patches_larger], region);
    assert.ok(row.text.includes(t.toFixed(2).replace('-', '−')), `${region}: ${row.text}`);
  }
});

test('the value under the pointer is that of the map, whichever statistic is chosen', async () => {
  for (const statistic of ['effect', 't']) {
    await choose(statistic);
    const map = await mapOf(`difference (${statistic})`);
    await page.waitForFunction((unit) => document.querySelector('.map-view .unit')?.textContent.startsWith(unit), statistic === 't' ? 't' : 'difference');
    await page.waitForTimeout(500);
    const box = await page.locator('.map-view canvas').first().boundingBox();
    await page.mouse.move(box.x + box.width * 0.27, box.y + box.height * 0.25);
    await page.mouse.move(box.x + box.width * 0.26, box.y + box.height * 0.26);
    const tip = page.locator('.tip');
    const place = Number(await tip.getAttribute('data-place'));
    assert.equal(Number(await tip.locator('[data-value]').getAttribute('data-value')), map[place], `${statistic} at ${place}`);
  }
});

test('the address holds the view', async () => {
  await page.locator('tr[data-region="STS"] button').click();
  await page.getByRole('radio', { name: 'lateral', exact: true }).check();
  await page.waitForURL(/statistic=t.*view=lateral.*region=STS/);
  await page.reload();
  await page.locator('tr[data-region="STS"] button[aria-pressed="true"]').waitFor();
  assert.ok(await statistics().getByRole('radio', { name: 't', exact: true }).isChecked());
  await page.getByRole('radio', { name: '2 × 2' }).check();
});

test('the cells of a grid are lines, and each has its maps', async () => {
  await page.locator('.lines svg').waitFor();
  await page.locator('.places').getByRole('button', { name: '8' }).click();
  const other = await api(`experiments/${id}/cells/1/files/experiment.json`);
  const { mean } = other.contrasts[0].regions.find(({ region }) => region === 'STS');
  await page.locator(`tr[data-region="STS"] [data-mean="${mean}"]`).waitFor();
  await page.locator('.places').getByRole('button', { name: '6' }).click();
});

test('what another experiment found is read beside it, with the difference', async () => {
  const conditions = [SENTENCES, LISTS].map((texts, place) => ({ name: 'ab'[place], stimuli: texts.map((text) => ({ text })) }));
  const spec = { name: 'closer together', conditions, design: { kind: 'event', asynchrony_s: 7 }, contrasts: [{ name: 'turned', expression: 'b - a' }] };
  const posted = await fetch(`${server}v1/experiments`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(spec) });
  let other = await posted.json();
  assert.ok(posted.ok, other.detail);
  while ((other = await api(`experiments/${other.id}`)).state === 'running') await page.waitForTimeout(300);
  await page.reload();
  await page.getByRole('radio', { name: 'difference', exact: true }).check();
  await page.getByLabel('Compared with').selectOption({ label: 'closer together' });
  await page.waitForURL(new RegExp(`compare=difference.*with=${other.id}`));
  await choose('effect');
  const [one, less] = [await mapOf('difference (effect)'), await mapOf('turned (effect)', 0, other.id)];
  const box = await page.locator('.map-view canvas').first().boundingBox();
  const tip = page.locator('.tip');
  for (let tries = 0; tries < 20 && (await tip.locator('[data-value]').count()) < 3; tries++) {
    await page.mouse.move(box.x + box.width * 0.27, box.y + box.height * (0.4 + 0.001 * tries));
    await page.waitForTimeout(300);
  }
  const place = Number(await tip.getAttribute('data-place'));
  const values = await tip.locator('[data-value]').evaluateAll((all) => all.map((value) => Number(value.dataset.value)));
  assert.deepEqual(values, [one[place], less[place], Math.fround(one[place] - less[place])]);
  await page.getByRole('radio', { name: 'one', exact: true }).check();
});

test('a map agrees with itself', async () => {
  const { name, href } = (await api(`experiments/${id}`)).files.find((file) => file.name.endsWith('.dscalar.nii'));
  const bytes = await (await fetch(new URL(href, server))).arrayBuffer();
  await choose('effect');
  await page.getByLabel(/A measured map/).setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
  const agreement = page.getByLabel('Agreement', { exact: true });
  await agreement.waitFor({ timeout: SCANNED });
  assert.match(await agreement.textContent(), /Pearson r1\.000.*Spearman ρ1\.000.*Dice of the largest tenth1\.000/);
});

test('nothing serious stands in the way of anyone, in light and in dark', async () => {
  await keep(page, 'findings');
  assert.deepEqual(await inaccessible(page), []);
  await page.getByRole('button', { name: 'Dark colours' }).click();
  await page.waitForTimeout(300);
  assert.deepEqual(await inaccessible(page), []);
  await keep(page, 'findings-dark');
});

test('the page had no fault of its own', () => {
  assert.deepEqual(unexpected(faults), []);
});
