// Asks a server for a prediction, an experiment and a subject, as a person would, and takes a picture of each; scripts/screenshots
// starts the server.
import { existsSync } from 'node:fs';
import { open, pictures, server } from '../tests/browser.mjs';
import { measured } from '../tests/measured.mjs';

const SIZE = { width: 1360, height: 850 };
/** Runs of a story each; the last two are of one story and held out, so that there is a noise ceiling. */
const STORIES = [0, 1, 2, 3, 4, 5, 5];
const NAME = 'ann';
/** Until an experiment is run on two cores (ms). */
const DONE = 600_000;
/** Until a picture has settled (ms). */
const SETTLED = 1500;

const { browser, page } = await open({ viewport: SIZE });
page.setDefaultTimeout(DONE);

async function take(name) {
  await page.locator('canvas').first().waitFor();
  await page.waitForTimeout(SETTLED);
  await page.screenshot({ path: `${pictures}/${name}.png` });
}

await page.goto(server);
await page.getByText('Choose a file').waitFor();
await page.locator('input[type=file]').first().setInputFiles([process.env.ENCORTEX_FILM, process.env.ENCORTEX_TRANSCRIPT].filter(existsSync));
await page.getByRole('button', { name: 'Predict the response' }).click();
await page.locator('.watch canvas').first().waitFor();
await page.getByRole('slider', { name: 'Time of the stimulus' }).fill('4.5');
for (const bar of [/^PPA, left/, /^MT, right/, /^A1, left/]) await page.getByRole('button', { name: bar }).click();
await page.mouse.move(0, 0);
await take('watch');

await page.goto(`${server}#/experiments/new/theory_of_mind`);
await page.getByRole('button', { name: 'Run it' }).and(page.locator(':enabled')).click();
await page.locator('tr[data-region="TPJ"] button').click();
await take('experiment');

const known = await fetch(`${server}v1/subjects/${NAME}`);
if (!known.ok) await fit();
await page.goto(`${server}#/subjects/of/${NAME}`);
await take('subject');
await browser.close();

async function fit() {
  const upload = async (name, body) => (await (await fetch(`${server}v1/stimuli?filename=${name}`, { method: 'POST', body })).json()).id;
  const runs = [];
  for (const [place, story] of STORIES.entries()) {
    const { text, bold } = await measured(server, story, 'sub-01', place);
    const held_out = place >= STORIES.length - 2;
    runs.push({ stimulus: { text: await upload(`story-${story}.txt`, text) }, bold: [await upload(`run-${place}_bold.dtseries.nii`, bold)], onset_s: -5, held_out });
  }
  const asked = await fetch(`${server}v1/subjects`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: NAME, simulated: true, runs }) });
  await page.goto(`${server}#/experiments/${(await asked.json()).id}`);
  await page.locator('.map-view canvas').first().waitFor();
}
