// How a model does beside measured runs.
import type { View } from '../experiment/experiment';
import { OtherFindings } from '../experiment/other_findings';
import type { PageProps } from '../pages';

export function EvaluationFindings({ view }: { view: View } & PageProps) {
  return <OtherFindings view={view} />;
}
