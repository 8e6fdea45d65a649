// What it costs to watch a prediction, in headless Chromium: seconds until the cortex moves, milliseconds of JavaScript a frame
// while it plays, and the memory that is held when all of it was seen.
//
//     ENCORTEX_PAGE=http://127.0.0.1:8000/ npm --prefix web run bench -- PREDICTION
import { open, server } from '../tests/browser.mjs';

const SECONDS = 5;
/** Places of the stimulus that are looked at, one after the other. */
const LOOKS = 200;

const { browser, page } = await open();
const devtools = await page.context().newCDPSession(page);
await devtools.send('Performance.enable');

async function metric(name) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === name).value;
}

/** Bytes that are held on the heap and in arrays. */
async function held() {
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize, backingStorageSize } = await devtools.send('Runtime.getHeapUsage');
  return usedSize + backingStorageSize;
}

const time = () => page.locator('.clock strong').textContent().then(parseFloat);

// The page is there already, as for whoever saw the prediction advance.
await page.goto(server);
await page.getByText('Choose a file').waitFor();
const until = await page.evaluate(async (id) => {
  const opened = performance.now();
  location.hash = `#/predictions/${id}`;
  const next = () => new Promise(requestAnimationFrame);
  while (!document.querySelector('.regions .bar')) await next();
  document.querySelector('#main').focus();
  document.querySelector('#main').dispatchEvent(new KeyboardEvent('keydown', { key: ' ', bubbles: true }));
  while (!(parseFloat(document.querySelector('.clock strong').textContent) > 0)) await next();
  return performance.now() - opened;
}, process.argv[2]);
console.log(`${(until / 1000).toFixed(2)} s until the cortex moves`);

await page.evaluate(() => {
  globalThis.frames = 0;
  const count = () => {
    globalThis.frames++;
    requestAnimationFrame(count);
  };
  count();
});
const before = { script: await metric('ScriptDuration'), frames: await page.evaluate(() => globalThis.frames) };
await page.waitForTimeout(1000 * SECONDS);
const frames = (await page.evaluate(() => globalThis.frames)) - before.frames;
console.log(`${((1000 * ((await metric('ScriptDuration')) - before.script)) / frames).toFixed(1)} ms of JavaScript a frame, ${frames} frames in ${SECONDS} s`);

await page.keyboard.press(' ');
const first = await held();
const slider = page.getByRole('slider', { name: 'Time of the stimulus' });
const end = Number(await slider.getAttribute('max'));
for (let look = 1; look <= LOOKS; look++) {
  await slider.fill(String(Math.floor((end * look) / LOOKS)));
  await page.waitForTimeout(50);
}
console.log(`${(first / 1e6).toFixed(0)} MB held after a few seconds, ${((await held()) / 1e6).toFixed(0)} MB when ${await time()} s were seen`);
await browser.close();
