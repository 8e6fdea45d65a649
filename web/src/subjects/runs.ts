// Measured runs that are being put together, and what the API takes in their place.
import type { Schemas } from '../api/client';
import { upload, type Sending } from '../api/upload';
import { kindOf } from '../predict/draft';

export interface Run {
  person: string;
  stimulus: File | undefined;
  /** Words of a film or sound and their times. */
  transcript: File | undefined;
  /** One file, or the GIFTI files of both hemispheres. */
  bold: File[];
  /** Time between two scans (s), where the file does not say it. */
  tr: number | undefined;
  /** When in the run the stimulus begins (s); at once where nothing is said. */
  onset: number | undefined;
  heldOut: boolean;
}

export const EMPTY: Run = { person: 'person1', stimulus: undefined, transcript: undefined, bold: [], tr: undefined, onset: 0, heldOut: false };

export function isWhole({ stimulus, bold }: Run): boolean {
  return stimulus !== undefined && bold.length > 0;
}

/** Uploads a run; `told` hears of each file how much of it has gone. */
export async function send(run: Run, told: (sending: Sending) => void, signal: AbortSignal): Promise<Schemas['RunOrder']> {
  const put = async (file: File): Promise<string> => (await upload(file, told, signal)).id;
  const { stimulus, transcript, bold, tr, onset, heldOut } = run;
  if (!stimulus) throw new Error('a run has no stimulus');
  const kind = kindOf(stimulus);
  const shown: Schemas['ShownOrder'] = { [kind === 'audio' || kind === 'text' ? kind : 'video']: await put(stimulus) };
  if (transcript) shown.transcript = await put(transcript);
  const measured: string[] = [];
  for (const file of bold) measured.push(await put(file));
  return { stimulus: shown, bold: measured, onset_s: onset ?? 0, held_out: heldOut, ...(tr && { tr_s: tr }) };
}
