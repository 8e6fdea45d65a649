// Every file of a prediction, with what it is for.
import { Icon, Popover } from '../components/controls';
import type { View } from './session';

const USES: Record<View['files'][number]['format'], string> = {
  gifti: 'surface tools: nilearn, Workbench, FreeSurfer',
  cifti: 'CIFTI-2: Workbench, nibabel, HCP pipelines',
  nifti: 'volume tools, MNI152: FSL, SPM, nilearn',
  mean: 'the mean as a volume',
  npy: 'NumPy',
  hdf5: 'h5py, MATLAB; all subjects',
  png: 'a picture of the mean',
  json: 'what it is and how it was made',
  zip: 'all of it as a BIDS data set',
};

export function Downloads({ view }: { view: View }) {
  return (
    <Popover align="right" label={<><Icon name="download" /> Download</>}>
      <div class="downloads stack">
        <p class="small soft">The files are in scanner time: they begin {view.result?.lag_s} s after the stimulus. A file is made when it is first asked for.</p>
        <ul>
          {view.files.map(({ name, href, format }) => (
            <li key={name}>
              <a href={href.slice(1)} download={name}>
                {name}
              </a>
              <span class="soft tiny">{USES[format]}</span>
            </li>
          ))}
        </ul>
      </div>
    </Popover>
  );
}
