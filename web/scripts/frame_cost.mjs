// What a frame costs while a prediction is played: milliseconds of JavaScript, in headless Chromium.
//
//     ENCORTEX_PAGE=http://127.0.0.1:8000/ npm --prefix web run bench -- PREDICTION
import { open, server } from '../tests/browser.mjs';

const SECONDS = 5;

const { browser, page } = await open();
await page.goto(`${server}#/predictions/${process.argv[2]}`);
await page.waitForFunction(() => document.querySelector('video')?.readyState >= 2);
await page.locator('.regions .bar').first().waitFor();
await page.evaluate(() => {
  globalThis.frames = 0;
  const count = () => {
    globalThis.frames++;
    requestAnimationFrame(count);
  };
  count();
});
const devtools = await page.context().newCDPSession(page);
await devtools.send('Performance.enable');

async function spent() {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return { script: metrics.find(({ name }) => name === 'ScriptDuration').value, frames: await page.evaluate(() => globalThis.frames) };
}

await page.locator('#main').focus();
await page.keyboard.press(' ');
const before = await spent();
await page.waitForTimeout(1000 * SECONDS);
const after = await spent();
const frames = after.frames - before.frames;
console.log(`${((1000 * (after.script - before.script)) / frames).toFixed(1)} ms of JavaScript a frame, ${frames} frames in ${SECONDS} s`);
await browser.close();
