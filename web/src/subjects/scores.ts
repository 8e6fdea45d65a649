// How scores are written: correlations to two digits, shares in percent, a dash for what does not exist.
export function score(r: number | null | undefined): string {
  if (r === null || r === undefined) return '–';
  return Math.abs(r) < 0.005 ? '0.00' : r.toFixed(2).replace('-', '−');
}

export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
