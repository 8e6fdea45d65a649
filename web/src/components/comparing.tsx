// What is compared with what, and how it is seen.
import type { Comparison, Way } from '../maps/comparison';
import { Segments } from './controls';

const WAY_NAMES: Record<Way, string> = { one: 'one', beside: 'side by side', difference: 'difference' };

/** What something can be compared with, by the name that the address has of it. */
export interface Other {
  key: string;
  /** For people. */
  title: string;
  /** Over those of its kind. */
  group: string;
}

export function Comparing({ comparison, others }: { comparison: Comparison; others: readonly Other[] }) {
  const { way, other } = comparison;
  if (others.length === 0) return null;
  const groups = [...new Set(others.map(({ group }) => group))];
  return (
    <section class="comparing stack" aria-label="Comparison">
      <Segments
        label="Comparison"
        options={(Object.keys(WAY_NAMES) as Way[]).map((name) => [name, WAY_NAMES[name]] as const)}
        value={way.value}
        change={(chosen) => {
          other.value ??= others[0].key;
          way.value = chosen;
        }}
      />
      {way.value !== 'one' && (
        <label class="field">
          <span>{way.value === 'difference' ? 'less' : 'with'}</span>
          <select aria-label="Compared with" value={other.value} onChange={({ currentTarget }) => (other.value = currentTarget.value)}>
            {groups.map((group) => (
              <optgroup key={group} label={group}>
                {others
                  .filter((one) => one.group === group)
                  .map(({ key, title }) => (
                    <option key={key} value={key}>
                      {title}
                    </option>
                  ))}
              </optgroup>
            ))}
          </select>
        </label>
      )}
    </section>
  );
}
