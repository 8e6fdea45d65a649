// The cortex draws what it is given where it belongs: a known patch lights the right pixels and no others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { open, pictures, server } from './browser.mjs';

const LEFT_POLE = [-12, -100, 0];
const RIGHT_POLE = [12, -100, 0];
const RADIUS = 14;

let browser, page;

before(async () => {
  const entry = fileURLToPath(new URL('bench.ts', import.meta.url));
  const bundled = await build({ entryPoints: [entry], bundle: true, write: false, format: 'iife', globalName: 'encortex', target: 'es2022' });
  ({ browser, page } = await open({ bypassCSP: true }));
  await page.goto(server);
  await page.addScriptTag({ content: bundled.outputFiles[0].text });
  await page.evaluate(async () => (globalThis.bench = await globalThis.encortex.bench()));
});
after(() => browser?.close());

const seen = (...given) => page.evaluate((given) => globalThis.bench.seen(...given), given);

test('the left occipital pole lights the left half, from behind, and nothing else', async () => {
  const { count, left, right, top, bottom } = await seen(0, LEFT_POLE, RADIUS, 'posterior', 0);
  await page.screenshot({ path: `${pictures}/left-occipital-pole.png` });
  assert.ok(count > 300, `${count} pixels`);
  assert.ok(left > 0.3 && right <= 0.5, `from ${left} to ${right}`);
  assert.ok(top > 0.4 && bottom < 0.85, `from ${top} to ${bottom}`);
});

test('hemispheres are not swapped', async () => {
  const fromBehind = await seen(1, RIGHT_POLE, RADIUS, 'posterior', 0);
  assert.ok(fromBehind.left >= 0.5 && fromBehind.count > 300, JSON.stringify(fromBehind));
  const fromFront = await seen(0, [-30, 55, 10], RADIUS, 'anterior', 0);
  assert.ok(fromFront.left >= 0.5 && fromFront.count > 300, JSON.stringify(fromFront));
  const fromBelow = await seen(0, [-40, -55, -20], RADIUS, 'ventral', 0);
  assert.ok(fromBelow.left >= 0.5 && fromBelow.count > 300, JSON.stringify(fromBelow));
  const fromAbove = await seen(0, [-35, -30, 60], RADIUS, 'dorsal', 0);
  assert.ok(fromAbove.right <= 0.5 && fromAbove.count > 300, JSON.stringify(fromAbove));
});

test('of the four views only those of the hemisphere are coloured', async () => {
  const temporal = await seen(0, [-58, -25, 5], RADIUS, 'four', 1);
  assert.ok(temporal.count > 300 && temporal.right < 0.5 && temporal.bottom < 0.5, `left lateral alone: ${JSON.stringify(temporal)}`);
  const medial = await seen(1, [8, -60, 30], 12, 'four', 1);
  assert.ok(medial.count > 300 && medial.left > 0.5 && medial.top > 0.5, `right medial alone: ${JSON.stringify(medial)}`);
});

test('no response has no colour', async () => {
  assert.equal((await page.evaluate(() => globalThis.bench.nothing())).count, 0);
});

test('what is picked is what is drawn', async () => {
  const left = await page.evaluate(() => globalThis.bench.picked(0, [-58, -25, 5], 12, 'lateral'));
  const right = await page.evaluate(() => globalThis.bench.picked(1, [58, -25, 5], 12, 'lateral'));
  const vertices = await page.evaluate(() => globalThis.bench.vertices);
  assert.equal(left.value, 1);
  assert.equal(right.value, 1);
  assert.ok(left.place < vertices && right.place >= vertices);
  assert.equal(await page.evaluate(() => globalThis.bench.beside()), undefined);
});

test('a border lies between the vertices inside and those outside', async () => {
  const { lines, astray } = await page.evaluate(() => globalThis.bench.border([-58, -25, 5], 14));
  assert.ok(lines > 20, `${lines} lines`);
  assert.equal(astray, 0);
});

test('the pixels of an outline lie at the edge of its region', async () => {
  const { changed, astray } = await page.evaluate(() => globalThis.bench.outlined([-58, -25, 5], 14));
  assert.ok(changed > 100, `${changed} pixels`);
  assert.equal(astray, 0);
});
