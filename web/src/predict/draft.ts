// A question that is being put together: which stimulus, what goes with it, and to whom it is shown.
import { post, type Schemas } from '../api/client';
import { upload, type Sending } from '../api/upload';

export const KINDS = ['video', 'audio', 'image', 'text', 'events'] as const;
export type Kind = (typeof KINDS)[number];
export type Modality = Schemas['Modality'];
export const MODALITIES: readonly Modality[] = ['video', 'audio', 'text'];

export interface Draft {
  file: File | undefined;
  kind: Kind;
  /** Text that was typed, in place of a file. */
  text: string;
  /** Words and their times. */
  transcript: File | undefined;
  /** Files that `events` names. */
  beside: File[];
  /** How long an image is shown (s). */
  duration: number;
  timing: 'spoken' | 'estimated';
  subjects: string[];
  modalities: Modality[];
}

export const EMPTY: Draft = {
  file: undefined,
  kind: 'video',
  text: '',
  transcript: undefined,
  beside: [],
  duration: 10,
  timing: 'spoken',
  subjects: [],
  modalities: [...MODALITIES],
};

const EXTENSIONS: Record<Exclude<Kind, 'events'>, readonly string[]> = {
  video: ['mp4', 'm4v', 'mov', 'mkv', 'webm', 'avi', 'mpg', 'mpeg'],
  audio: ['wav', 'mp3', 'flac', 'ogg', 'm4a', 'aac', 'opus'],
  image: ['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'tif', 'tiff'],
  text: ['txt', 'md'],
};
const TRANSCRIPTS = ['srt', 'vtt', 'tsv', 'csv', 'json'];

function extension({ name }: File): string {
  return name.toLowerCase().split('.').pop() ?? '';
}

/** What a file is by its name, or by what the browser says of it. */
export function kindOf(file: File): Kind {
  if (file.name.toLowerCase().endsWith('events.tsv')) return 'events';
  const known = KINDS.find((kind) => kind !== 'events' && EXTENSIONS[kind].includes(extension(file)));
  const [family] = file.type.split('/');
  return known ?? KINDS.find((kind) => kind === family) ?? 'video';
}

/** Takes files in: one becomes the stimulus, a table of words its transcript. */
export function take(draft: Draft, files: readonly File[]): Draft {
  const isTranscript = (file: File): boolean => TRANSCRIPTS.includes(extension(file)) && kindOf(file) !== 'events';
  const events = files.find((file) => kindOf(file) === 'events');
  const transcript = events ? undefined : files.find(isTranscript);
  const file = events ?? files.find((one) => one !== transcript) ?? draft.file;
  return {
    ...draft,
    file,
    kind: file ? kindOf(file) : draft.kind,
    transcript: transcript ?? draft.transcript,
    beside: events ? files.filter((one) => one !== events) : draft.beside,
  };
}

export function isReady({ file, text, modalities }: Draft): boolean {
  return (file !== undefined || text.trim() !== '') && modalities.length > 0;
}

/** What its user would call it. */
export function nameOf({ file, text }: Draft): string {
  return file?.name ?? (text.trim().length > 60 ? `${text.trim().slice(0, 58)} …` : text.trim());
}

/** Uploads what it needs and asks for the prediction; returns its id. */
export async function send(draft: Draft, model: string, told: (sending: Sending) => void, signal: AbortSignal): Promise<string> {
  const put = async (file: File): Promise<string> => (await upload(file, told, signal)).id;
  const { kind, transcript, beside, duration, timing, subjects, modalities } = draft;
  const file = draft.file ?? new File([draft.text], 'text.txt', { type: 'text/plain' });
  const stimulus = draft.file ? kind : 'text';
  const order: Partial<Schemas['PredictionOrder']> = { [stimulus]: await put(file), model, subject: subjects };
  if (transcript && (stimulus === 'video' || stimulus === 'audio')) order.transcript = await put(transcript);
  if (stimulus === 'events') order.file = await uploads(beside, put);
  if (stimulus === 'image') order.duration = duration;
  if (stimulus === 'text') order.timing = timing;
  if (modalities.length < MODALITIES.length) order.modalities = modalities;
  return (await post('/v1/predictions', order)).id;
}

async function uploads(files: readonly File[], put: (file: File) => Promise<string>): Promise<string[]> {
  const ids: string[] = [];
  for (const file of files) ids.push(await put(file));
  return ids;
}
