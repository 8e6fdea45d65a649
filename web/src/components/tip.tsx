// What is under the pointer: the values of a vertex, and where that is.
import { named, type Anatomy } from '../anatomy';
import { digits } from './colour_bar';

export interface Pointed {
  /** In a row of values. */
  place: number;
  /** On the canvas (CSS pixels). */
  x: number;
  y: number;
}

/** Values that are read, and whose they are where there are several. */
export interface Reading {
  name?: string | undefined;
  values: Float32Array | undefined;
}

interface Props {
  pointed: Pointed;
  anatomy: Anatomy;
  /** Of the atlas whose borders are drawn. */
  parcel: string | undefined;
  readings: readonly Reading[];
}

export function Tip({ pointed: { place, x, y }, anatomy, parcel, readings }: Props) {
  const { hemisphere, vertex, region, mni152 } = named(place, anatomy);
  const where = [...new Set([parcel, region].filter(Boolean))].join(' · ');
  const above = 42 + 22 * readings.length;
  return (
    <div class="tip" data-place={place} style={{ left: `min(${x + 14}px, 100% - 13rem)`, top: `${Math.max(0, y - above)}px` }}>
      {readings.map(({ name, values }, index) => {
        const value = values?.[place];
        return (
          <div key={name} class="row">
            <strong data-value={value}>{value === undefined ? '–' : Number.isNaN(value) ? 'no value' : digits(value)}</strong>
            {name && <span class="soft">{name}</span>}
            {index === 0 && where && <strong>· {where}</strong>}
          </div>
        );
      })}
      <div>
        {hemisphere}, vertex {vertex}
      </div>
      <div class="soft">≈ MNI152, affine: {mni152.map((millimetres) => millimetres.toFixed(0).replace('-', '−')).join(', ')} mm</div>
    </div>
  );
}
