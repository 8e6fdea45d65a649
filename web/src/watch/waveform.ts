// The loudness of a sound over time, for drawing under the cursor.
import { address, request } from '../api/client';

/** Longer sounds are not decoded: that takes memory by the second. */
const LONGEST_S = 1200;
const RATE = 8000;

/** The peak of each of so many equal parts, 0 to 1; undefined where there is no sound to be had. */
export async function fetchWaveform(upload: string, duration: number, parts: number): Promise<Float32Array | undefined> {
  if (duration > LONGEST_S) return undefined;
  const bytes = await (await request(address('/v1/stimuli/{id}/content', { id: upload }))).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(bytes).catch(() => undefined);
  if (!sound) return undefined;
  const samples = sound.getChannelData(0);
  const peaks = new Float32Array(parts);
  const perPart = (duration * RATE) / parts;
  for (let place = 0; place < samples.length; place++) {
    const part = Math.floor(place / perPart);
    if (part < parts) peaks[part] = Math.max(peaks[part], Math.abs(samples[place]));
  }
  const loudest = peaks.reduce((most, peak) => Math.max(most, peak), 0);
  return loudest > 0 ? peaks.map((peak) => peak / loudest) : undefined;
}
