// The first page.
import type { PageProps } from '../pages';
export function Predict(_: PageProps) { return <div class="column"><h1>Predict</h1></div>; }
