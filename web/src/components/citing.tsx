// How to cite a model, and the licences that hold: from what the server says of it, and nothing else.
import type { Card } from '../model';
import { announce } from './announce';
import { Popover } from './controls';

interface Cited {
  card: Card;
  /** Of the weights that answered, where it is known. */
  sha256?: string | undefined;
  /** Of the atlas whose borders are drawn. */
  atlas?: { name: string; licence: string } | undefined;
}

export function Citing({ card, sha256, atlas }: Cited) {
  const reference = bibtex(card, sha256);
  const licences = [
    ...card.parts.filter(({ role }) => role !== 'encoder').map(({ role, source, licence }) => [`${role} features`, source, licence ?? 'none stated'] as const),
    ...(atlas ? [['atlas', atlas.name, atlas.licence.trim().split('\n')[0]] as const] : []),
  ];
  return (
    <Popover align="right" label="Cite">
      <div class="citing stack">
        <pre class="mono tiny" tabIndex={0} aria-label="BibTeX">{reference}</pre>
        <div>
          <button class="button" onClick={() => void navigator.clipboard.writeText(reference).then(() => announce('BibTeX copied'), () => announce('The browser does not copy here; select the text instead'))}>
            Copy BibTeX
          </button>
        </div>
        <table class="list">
          <tbody>
            {[['model', card.name, card.licence] as const, ...licences].map(([role, source, licence]) => (
              <tr key={role}>
                <th scope="row">{role}</th>
                <td>{source}</td>
                <td>{licence}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Popover>
  );
}

/** A repository of the hub has an address; what is built in has none. */
function bibtex({ name, description, licence, parts }: Card, sha256: string | undefined): string {
  const source = parts.find(({ role }) => role === 'encoder')?.source ?? '';
  const fields = [
    ['title', description],
    ...(/^[\w.-]+\/[\w.-]+$/.test(source) ? [['howpublished', `\\url{https://huggingface.co/${source}}`]] : []),
    ['note', [`Model “${name}”, run with encortex`, `licence ${licence}`, ...(sha256 ? [`weights SHA-256 ${sha256}`] : [])].join('; ')],
  ];
  return `@misc{${name.replace(/[^\w-]/g, '')},\n${fields.map(([field, value]) => `  ${field} = {${value}}`).join(',\n')}\n}`;
}
