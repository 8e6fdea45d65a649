// What is under the pointer: the value of a vertex, and where that is.
import { named, type Anatomy } from '../anatomy';
import { digits } from './colour_bar';

export interface Pointed {
  /** In a row of values. */
  place: number;
  /** On the canvas (CSS pixels). */
  x: number;
  y: number;
}

export function Tip({ pointed: { place, x, y }, anatomy, values }: { pointed: Pointed; anatomy: Anatomy; values: Float32Array | undefined }) {
  const { hemisphere, vertex, region, mni152 } = named(place, anatomy);
  const value = values?.[place];
  return (
    <div class="tip" data-place={place} style={{ left: `min(${x + 14}px, 100% - 13rem)`, top: `${Math.max(0, y - 64)}px` }}>
      <strong data-value={value}>{value === undefined ? '–' : Number.isNaN(value) ? 'no value' : digits(value)}</strong> {region && <strong>· {region}</strong>}
      <div>
        {hemisphere}, vertex {vertex}
      </div>
      <div class="soft">≈ MNI152, affine: {mni152.map((millimetres) => millimetres.toFixed(0).replace('-', '−')).join(', ')} mm</div>
    </div>
  );
}
