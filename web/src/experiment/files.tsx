// Every file of an experiment's first cell, and the tables of all cells.
import { address } from '../api/client';
import { Icon, Popover } from '../components/controls';
import type { View } from './experiment';

const TABLES = ['csv', 'parquet', 'h5'] as const;

const USES: readonly (readonly [string, string])[] = [
  ['.func.gii', 'surface tools: nilearn, Workbench, FreeSurfer'],
  ['.dscalar.nii', 'CIFTI-2, all maps: Workbench, nibabel'],
  ['.nii.gz', 'volume tools, MNI152: FSL, SPM, nilearn'],
  ['.npy', 'NumPy, a value a vertex'],
  ['.tsv', 'a table: pandas, R'],
  ['.png', 'a picture'],
  ['.json', 'what it is and how it was made'],
];

export function ExperimentFiles({ view }: { view: View }) {
  const hasContrasts = view.report !== null && view.report !== undefined && 'contrasts' in view.report;
  return (
    <Popover align="right" label={<><Icon name="download" /> Download</>}>
      <div class="downloads stack">
        {hasContrasts && (
          <p class="row small">
            <span class="soft">All {view.cells === 1 ? '' : `${view.cells} cells `}as one table:</span>
            {TABLES.map((format) => (
              <a key={format} href={address('/v1/experiments/{id}/{table}', { id: view.id, table: `table.${format}` }).href} download={`${view.name}.${format}`}>
                .{format}
              </a>
            ))}
          </p>
        )}
        <ul>
          {view.files.map(({ name, href }) => (
            <li key={name}>
              <a href={address(href).href} download={name}>
                {name}
              </a>
              <span class="soft tiny">{USES.find(([ending]) => name.endsWith(ending))?.[1]}</span>
            </li>
          ))}
        </ul>
      </div>
    </Popover>
  );
}
