// Runs that were never measured: the response of one of the model's subjects to a story, and noise, in a file as a lab would have it.
const WORDS = ['river', 'stone', 'light', 'under', 'seven'];
/** A story of so many takes a voice about as long as one window of the model. */
const LENGTH = 155;
/** Of the noise, over that of the response. */
const STANDARD_DEVIATIONS = 0.4;
/** Where a NIfTI-2 header says where its values begin. */
const VALUES_AT = 168;

/** A story as a text, and the BOLD of `subject` to it as CIFTI-2, whose first scan is 5 s after the story begins. */
export async function measured(server, story, subject, seed = story) {
  const text = Array.from({ length: LENGTH }, (_, word) => `${WORDS[(word * 7 + story) % 5]} ${word % 9 === story ? 'falls.' : 'and'}`).join(' ');
  const json = async (path, init) => (await fetch(`${server}v1/${path}`, init)).json();
  const { id } = await json(`stimuli?filename=story-${story}.txt`, { method: 'POST', body: text });
  let prediction = await json('predictions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ text: id, subject: [subject] }) });
  while (['queued', 'running'].includes(prediction.state)) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    prediction = await json(`predictions/${prediction.id}`);
  }
  const { href } = prediction.files.find(({ name }) => name.endsWith('.dtseries.nii'));
  const bytes = await (await fetch(new URL(href, server))).arrayBuffer();
  addNoise(new Float32Array(bytes, Number(new DataView(bytes).getBigInt64(VALUES_AT, true))), seed + 1);
  return { text, rows: prediction.result.kept.lastIndexOf(true) + 1, bold: Buffer.from(bytes) };
}

/** Even noise from a linear congruential generator, so that it is the same each time. */
function addNoise(values, seed) {
  const spread = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  const width = STANDARD_DEVIATIONS * spread * Math.sqrt(12);
  let state = seed;
  values.forEach((value, place) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    values[place] = value + width * (state / 2 ** 32 - 0.5);
  });
}
