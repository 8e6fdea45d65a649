// A prediction.
import type { PageProps } from '../pages';
export function Watch(_: PageProps) { return <div class="column"><h1>Watch</h1></div>; }
