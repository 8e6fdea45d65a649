// The models of this server, and what is to be said of every number that one of them gives.
import { signal } from '@preact/signals';
import { get, Problem, type Schemas } from './api/client';

export type Card = Schemas['Card'];

interface Models {
  /** The one that answers. */
  serving: Card;
  all: Card[];
}

export const models = signal<Models | undefined>(undefined);
export const modelsProblem = signal<Problem | undefined>(undefined);

export async function loadModels(): Promise<void> {
  try {
    const { serving, models: all } = await get('/v1/models');
    const card = all.find(({ name }) => name === serving);
    if (card) models.value = { serving: card, all };
    modelsProblem.value = undefined;
  } catch (error) {
    modelsProblem.value = Problem.from(error);
  }
}

/** What a model's numbers are worth, in words; undefined for one that was trained on measurements. */
export function warning({ trained, simulated }: { trained: boolean; simulated?: boolean | undefined }): string | undefined {
  if (!trained) return 'random weights: its values mean nothing';
  if (simulated) return 'trained on simulated responses: no evidence about brains';
  return undefined;
}

export const UNIT = 'predicted BOLD (arbitrary units)';
