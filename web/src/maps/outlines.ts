// Whether the borders of regions are drawn, and of which set. Both are in the address.
import { signal, type Signal } from '@preact/signals';
import type { Anatomy } from '../anatomy';
import { loadParcellation, SPHERES, type Parcellation } from './atlases';

export class Outlines {
  readonly areShown: Signal<boolean>;
  /** The built-in spheres, or the name of an atlas. */
  readonly of: Signal<string>;
  /** Undefined until it is here. */
  readonly parcellation = signal<Parcellation | undefined>(undefined);

  constructor(query: URLSearchParams) {
    const of = query.get('outlines');
    this.areShown = signal(of !== null);
    this.of = signal(of ?? SPHERES);
  }

  async load(anatomy: Anatomy): Promise<void> {
    const wanted = this.of.value;
    const found = await loadParcellation(wanted, anatomy);
    if (wanted === this.of.value) this.parcellation.value = found;
  }

  settings(): Record<string, string | undefined> {
    return { outlines: this.areShown.value ? this.of.value : undefined };
  }
}
