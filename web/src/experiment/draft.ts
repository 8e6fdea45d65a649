// An experiment that is being put together, and the spec that it becomes.
import type { Schemas } from '../api/client';

export type Spec = Partial<Schemas['ExperimentSpec']>;
export type Condition = Schemas['Condition'];
export type Localizer = Schemas['Localizer'];
type Design = Schemas['Design'];
type Estimate = Schemas['Estimate'];

export interface DraftedCondition {
  name: string;
  /** What its stimuli are to be, where a localizer says it. */
  wants?: string | undefined;
  /** Whether the library has them. */
  given: boolean;
  /** Uploads: their ids and names. */
  uploads: { id: string; name: string }[];
  /** Texts that are read to the model, one a line. */
  lines: string;
}

export interface Draft {
  name: string;
  localizer: string | undefined;
  conditions: DraftedCondition[];
  /** A zip with a folder a condition. */
  zip: { id: string; name: string } | undefined;
  contrasts: { name: string; expression: string }[];
  design: { kind: 'event' | 'block'; stimulus_s: number; asynchrony_s: number; repetitions: number; blocks: number };
  estimate: 'peak' | 'glm';
  subjects: string[];
  /** A field of the spec and its values, one or two. */
  sweep: { field: string; values: string }[];
}

export const OWN: Draft = {
  name: 'my experiment',
  localizer: undefined,
  conditions: [emptyCondition('a'), emptyCondition('b')],
  zip: undefined,
  contrasts: [{ name: 'difference', expression: 'a - b' }],
  design: { kind: 'event', stimulus_s: 1, asynchrony_s: 8, repetitions: 1, blocks: 4 },
  estimate: 'glm',
  subjects: [],
  sweep: [],
};

export function emptyCondition(name: string): DraftedCondition {
  return { name, given: false, uploads: [], lines: '' };
}

/** The same draft with other conditions. A contrast that nobody has touched follows them. */
export function withConditions(draft: Draft, conditions: DraftedCondition[]): Draft {
  const [contrast, ...others] = draft.contrasts;
  const follows = others.length === 0 && contrast?.expression === usualContrast(draft.conditions);
  return { ...draft, conditions, contrasts: follows ? [{ ...contrast, expression: usualContrast(conditions) }] : draft.contrasts };
}

/** The first condition against the mean of the others. */
function usualContrast(conditions: readonly DraftedCondition[]): string {
  const [first, ...others] = conditions.map(({ name }) => (/^[A-Za-z_][\w.]*$/.test(name) ? name : JSON.stringify(name)));
  if (others.length === 0) return first ?? '';
  return others.length === 1 ? `${first} - ${others[0]}` : `${first} - (${others.join(' + ')}) / ${others.length}`;
}

/** A localizer of the library, to be given its stimuli. */
export function ofLocalizer({ name, conditions }: Localizer): Draft {
  const drafted = conditions.map((condition) => ({ ...emptyCondition(condition.name), wants: condition.wants ?? undefined, given: isGiven(condition) }));
  return { ...OWN, name, localizer: name, conditions: drafted, contrasts: [] };
}

function isGiven({ items, derived, silence_s }: Condition): boolean {
  return [items, derived, silence_s].some((source) => source !== undefined && source !== null);
}

/** What is still wanted before it can be looked through; undefined for nothing. */
export function missing({ name, conditions, zip, contrasts, localizer }: Draft): string | undefined {
  const empty = conditions.filter(({ given, uploads, lines }) => !given && uploads.length === 0 && lines.trim() === '');
  if (!zip && empty.length > 0) return `No stimuli yet for ${empty.map(({ name }) => name).join(', ')}.`;
  if (!localizer && name.trim() === '') return 'No name yet.';
  if (!localizer && contrasts.every(({ expression }) => expression.trim() === '')) return 'No contrast yet.';
  return undefined;
}

/** `regions` are those that an experiment without a localizer has a table of. */
export function specOf(draft: Draft, regions: readonly string[]): Spec {
  const { name, localizer, subjects, zip } = draft;
  const grid = gridOf(draft);
  const own = draft.conditions.filter(({ uploads, lines }) => uploads.length > 0 || lines.trim() !== '');
  return {
    ...(name && { name }),
    ...(subjects.length > 0 && { subjects }),
    ...(zip && { stimuli_upload: zip.id }),
    ...(Object.keys(grid).length > 0 && { grid }),
    ...(localizer ? { localizer, ...(own.length > 0 && { conditions: own.map(conditionOf) }) } : ownParts(draft, regions)),
  };
}

function ownParts({ conditions, contrasts, design, estimate, zip }: Draft, regions: readonly string[]): Spec {
  return {
    conditions: zip ? conditions.map(({ name }) => ({ name })) : conditions.map(conditionOf),
    contrasts: contrasts.filter(({ expression }) => expression.trim() !== ''),
    design: designOf(design),
    estimate: (estimate === 'peak' ? { kind: 'peak', at_s: 5 } : { kind: 'glm' }) as Estimate,
    regions: [...regions],
  };
}

function conditionOf({ name, uploads, lines }: DraftedCondition): Condition {
  const texts = lines.split('\n').map((line) => line.trim()).filter(Boolean);
  return { name, stimuli: [...uploads.map(({ id }) => ({ upload: id })), ...texts.map((text) => ({ text }))] };
}

function designOf({ kind, stimulus_s, asynchrony_s, repetitions, blocks }: Draft['design']): Design {
  return (kind === 'event' ? { kind, stimulus_s, asynchrony_s, repetitions } : { kind, stimulus_s, blocks }) as Design;
}

/** Lists of numbers where all values are numbers, and of texts where they are not. */
function gridOf({ sweep }: Draft): Record<string, Schemas['Axis']> {
  const axes = sweep.filter(({ field, values }) => field.trim() && values.trim());
  return Object.fromEntries(axes.map(({ field, values }) => [field.trim(), valuesOf(values)]));
}

function valuesOf(text: string): Schemas['Axis'] {
  const parts = text.split(',').map((part) => part.trim()).filter(Boolean);
  const numbers = parts.map(Number);
  return numbers.every(Number.isFinite) ? numbers : parts;
}
