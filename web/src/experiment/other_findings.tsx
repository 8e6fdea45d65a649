// What a study of another kind found (a film from every set of modalities, the paper's contrasts): its files, and its report as it
// is.
import { ExperimentFiles } from './files';
import type { View } from './experiment';

export function OtherFindings({ view }: { view: View }) {
  return (
    <div class="column">
      <h1>{view.name}</h1>
      <ExperimentFiles view={view} />
      <details class="panel">
        <summary>The whole report</summary>
        <pre class="report">{JSON.stringify(view.report, undefined, 2)}</pre>
      </details>
    </div>
  );
}
