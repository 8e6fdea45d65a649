// A film of figures, one for each second, as MP4: encoded by the browser as fast as it can, and written by mediabunny, which comes
// with this file when a film is first asked for.
import { BufferTarget, CanvasSource, getFirstEncodableVideoCodec, Mp4OutputFormat, Output, QUALITY_HIGH } from 'mediabunny';
import { layOut, type Figure } from './figure';
import { easelFor, paint, sheetFor } from './paint';

/** H.264 plays everywhere; the others are for browsers that do not write it. */
const CODECS = ['avc', 'vp9', 'av1'] as const;
const WIDTH = 1200;
/** Between two pictures that stand alone (s of the film). */
const KEY_FRAMES = 5;

export interface Film {
  /** So many figures, each shown for as long. */
  frames: number;
  frameSeconds: number;
  /** The figure of a frame, once its values are there. */
  figure(frame: number): Promise<Figure>;
  /** Hears how many frames are done. */
  told(done: number): void;
  signal: AbortSignal;
}

export async function asMp4({ frames, frameSeconds, figure, told, signal }: Film): Promise<Blob> {
  const first = await figure(0);
  const layout = layOut(first, WIDTH);
  const codec = await getFirstEncodableVideoCodec([...CODECS], { width: layout.width, height: layout.height });
  if (!codec) throw new Error(`this browser encodes none of ${CODECS.join(', ')} in ${layout.width} × ${layout.height}. Save pictures instead, or use a current Chrome, Edge, Safari or Firefox.`);
  const sheet = sheetFor(layout, 1);
  const easel = easelFor(first, layout, 1);
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target: new BufferTarget() });
  try {
    const source = new CanvasSource(sheet.canvas, { codec, quality: QUALITY_HIGH, keyFrameInterval: KEY_FRAMES });
    output.addVideoTrack(source, { frameRate: 1 / frameSeconds });
    await output.start();
    for (let frame = 0; frame < frames; frame++) {
      signal.throwIfAborted();
      const now = await figure(frame);
      paint(sheet, now, layOut(now, WIDTH), easel);
      await source.add(frame * frameSeconds, frameSeconds);
      told(frame + 1);
    }
    await output.finalize();
    if (!output.target.buffer) throw new Error('the film was not written');
    return new Blob([output.target.buffer], { type: 'video/mp4' });
  } catch (error) {
    await output.cancel();
    throw error;
  } finally {
    easel.close();
  }
}
