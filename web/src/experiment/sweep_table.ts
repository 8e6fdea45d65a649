// The table of a sweep: which fields vary, and what each cell has for a contrast and a region.
import { address, request } from '../api/client';

export interface SweepTable {
  /** The fields of the spec that vary, in the order of the table. */
  fields: string[];
  rows: SweepRow[];
}

export interface SweepRow {
  cell: number;
  /** The values of the fields, as the table writes them. */
  at: string[];
  contrast: string;
  subject: string;
  region: string;
  measures: Record<Measure, number>;
}

export const MEASURES = ['mean', 't', 'lateralization'] as const;
export type Measure = (typeof MEASURES)[number];

export async function fetchSweep(id: string): Promise<SweepTable> {
  return readSweep(await (await request(address('/v1/experiments/{id}/{table}', { id, table: 'table.csv' }))).text());
}

export function readSweep(text: string): SweepTable {
  const [head, ...lines] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map(cells);
  const place = (name: string): number => head.indexOf(name);
  const fields = head.slice(place('cell') + 1, place('contrast'));
  const measure = (line: string[], name: string): number => (line[place(name)] === '' ? NaN : Number(line[place(name)]));
  const rows = lines.map((line) => ({
    cell: Number(line[place('cell')]),
    at: fields.map((field) => line[place(field)]),
    contrast: line[place('contrast')],
    subject: line[place('subject')],
    region: line[place('region')],
    measures: { mean: measure(line, 'mean'), t: measure(line, 't'), lateralization: measure(line, 'lateralization') },
  }));
  return { fields, rows };
}

/** The fields of a line of CSV, whose quotes are doubled within quotes. */
function cells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain.trim());
}
