// What a contrast can be compared with: the others of its report, and what other experiments found.
import { get, Problem } from '../api/client';
import type { Other } from '../components/comparing';
import type { ContrastReport, Report } from './contrast_map';

const SHOWN = 50;
const SEPARATOR = '~';

/** A contrast, and where its maps are. */
export interface Located {
  experiment: string;
  cell: number;
  contrast: ContrastReport;
}

/** As it stands in the address: `SUBJECT~CONTRAST` of the same report, or the id of another experiment. */
const keyOf = ({ subject, name }: ContrastReport): string => `${subject}${SEPARATOR}${name}`;

/** The other contrasts of the report, and the other subjects. */
export function othersOf({ contrasts }: Report, shown: ContrastReport): Other[] {
  return contrasts.filter((one) => one !== shown).map((one) => ({ key: keyOf(one), title: one.name, group: `Subject ${one.subject}` }));
}

/** What other experiments found, by their names. */
export async function fetchOthers(experiment: string): Promise<Other[]> {
  const known = await get('/v1/experiments', { state: 'succeeded', limit: SHOWN });
  return known.filter(({ id }) => id !== experiment).map(({ id, name }) => ({ key: id, title: name || id.slice(0, 7), group: 'Other experiments' }));
}

/** What a key names; of another experiment's first cell the contrast and subject of the same names, where there are such. */
export async function locate(key: string, report: Report, shown: Located): Promise<Located> {
  const own = report.contrasts.find((one) => keyOf(one) === key);
  if (own) return { ...shown, contrast: own };
  if (key.includes(SEPARATOR)) throw new Problem(0, 'unknown_contrast', 'Nothing to compare with', `The report has no contrast “${key}”. Choose another.`);
  const other = (await get('/v1/experiments/{id}', { id: key })).report as unknown as Partial<Report> | undefined;
  const contrasts = other?.contrasts ?? [];
  if (contrasts.length === 0) throw new Problem(0, 'no_contrast', 'Nothing to compare with', `Experiment ${key} has found no contrast. Choose another.`);
  const [theirs, ours] = [other?.model?.space, report.model.space];
  if (theirs !== ours) throw new Problem(0, 'other_space', 'They cannot be compared', `The other experiment's maps are on ${theirs}, these on ${ours}. Choose one of the same mesh.`);
  const { subject, name } = shown.contrast;
  const alike = (one: ContrastReport): number => 2 * Number(one.subject === subject) + Number(one.name === name);
  const contrast = contrasts.reduce((best, one) => (alike(one) > alike(best) ? one : best));
  return { experiment: key, cell: 0, contrast };
}
