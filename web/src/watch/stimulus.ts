// What the stimulus of a prediction is, and what of it can be played here.
import { get, Problem, type Schemas } from '../api/client';

type Word = Schemas['WordShown'];
type Upload = Schemas['StimulusView'];

export type Kind = 'video' | 'audio' | 'image' | 'text' | 'other';

export interface Stimulus {
  kind: Kind;
  /** Undefined where it was removed from the server. */
  upload: Upload | undefined;
  words: Word[];
}

export async function fetchStimulus(prediction: string, uploads: string[]): Promise<Stimulus> {
  const [upload, words] = await Promise.all([describe(uploads[0]), get('/v1/predictions/{id}/words', { id: prediction })]);
  return { upload, words, kind: kindOf(upload?.media_type ?? '') };
}

async function describe(id: string | undefined): Promise<Upload | undefined> {
  if (!id) return undefined;
  return get('/v1/stimuli/{id}', { id }).catch((error: unknown) => {
    if (error instanceof Problem && error.status === 404) return undefined;
    throw error;
  });
}

export function kindOf(mediaType: string): Kind {
  const [family] = mediaType.split('/');
  return family === 'video' || family === 'audio' || family === 'image' || family === 'text' ? family : 'other';
}

/** The place of the last word that has begun; -1 before the first. */
export function wordAt(words: Word[], time: number): number {
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle].start_s <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
