// What is seen of a row of a prediction: its response, alone or beside another, or the difference of the two.
import type { Face } from '../components/cortex_view';
import type { Reading } from '../components/tip';
import type { Scale } from '../cortex/scale';
import type { Comparison } from '../maps/comparison';
import { facesOf, readingsOf, type Compared } from '../maps/faces';
import { UNIT } from '../model';
import type { OtherResponse } from './other';
import type { Rows } from './rows';
import type { Session } from './session';

export class Seen {
  constructor(
    readonly session: Session,
    readonly rows: Rows,
    readonly comparison: Comparison,
    readonly other: OtherResponse,
  ) {}

  get scale(): Scale | undefined {
    return this.comparison.way.value === 'difference' ? this.comparison.scaling.scale.value : this.session.scale.value;
  }

  get unit(): string {
    return this.comparison.way.value === 'difference' ? `difference of ${UNIT}` : UNIT;
  }

  /** `between` is how far on from the row to the next, 0 to 1. */
  faces(row: number | undefined, between = 0): Face[] {
    return facesOf(this.comparison.way.value, ...this.both(row, between));
  }

  /** Waits until the values of a row are here. */
  async ready(row: number): Promise<void> {
    await Promise.all([this.rows.ready(row), this.comparison.way.value === 'one' ? undefined : this.other.rows.value?.ready(row)]);
  }

  readings(row: number | undefined): Reading[] {
    return readingsOf(this.comparison.way.value, ...this.both(row, 0));
  }

  private both(row: number | undefined, between: number): readonly [Compared, Compared] {
    const { session, rows, other, comparison } = this;
    const [title, otherTitle] = other.titles.value;
    const of = (of: Rows | undefined): Face['shown'] => {
      const next = between > 0 && row !== undefined ? of?.at(row + 1) : undefined;
      return { values: of?.at(row), next, between: next ? between : 0 };
    };
    const isCompared = comparison.way.value !== 'one';
    return [
      { title: isCompared ? title : session.subject.value, shown: of(rows) },
      { title: otherTitle, shown: of(isCompared ? other.rows.value : undefined) },
    ];
  }
}
