// The figure of a second, with what must be said of it.
import type { Anatomy } from '../anatomy';
import type { Figure } from '../figure/figure';
import { warning } from '../model';
import type { Seen } from './seen';

/** Undefined until there are values to draw. */
export function figureOf(seen: Seen, anatomy: Anatomy, lines: Figure['lines'], row: number | undefined, between = 0): Figure | undefined {
  const { session, scale, unit } = seen;
  const { view, result, camera, subject } = session;
  const faces = seen.faces(row, between);
  if (!scale || faces.some(({ shown }) => !shown.values)) return undefined;
  const says = warning(view.model);
  const isCompared = seen.comparison.way.value !== 'one';
  const time = row === undefined ? 'before the first scan' : `second ${result.start_s + row * result.tr_s} of the stimulus, BOLD ${result.lag_s} s later`;
  return {
    geometry: anatomy.geometry,
    faces,
    lines,
    camera: camera.value,
    scale,
    unit,
    title: `Model prediction: ${view.task}, ${time}`,
    said: [
      `Model “${view.model.name}”${says ? ` (${says})` : ''}, ${isCompared ? `compared: ${seen.other.titles.value.join(' and ')}` : `subject ${subject.value}`}. Not a measurement.`,
      `encortex, prediction ${view.id}, weights SHA-256 ${result.model.weights_sha256.slice(0, 16)}…, licence ${result.model.licence}`,
    ],
  };
}

/** Of files, without what tells their kind. */
export function fileName({ session: { view, row }, comparison: { way } }: Seen): string {
  return `${view.task}_second-${row.value ?? 0}${way.value === 'one' ? '' : `_${way.value}`}`;
}
