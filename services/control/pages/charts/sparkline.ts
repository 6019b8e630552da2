import { type Html, html } from '../../html.ts';

const WIDTH = 120;
const HEIGHT = 28;
/** Room above and below the line, so that its width is visible. */
const EDGE = 2;

/** A line over time; a gap where a value is not known. Its words are for those who do not see it. */
export function sparkline(values: readonly (number | null)[], words: string): Html {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 0);
  const step = WIDTH / Math.max(values.length - 1, 1);
  let path = '';
  let pen = 'M';
  for (const [index, value] of values.entries()) {
    if (value === null) pen = 'M';
    else {
      const y = HEIGHT - EDGE - (most === 0 ? 0 : value / most) * (HEIGHT - 2 * EDGE);
      path += `${pen}${(index * step).toFixed(1)} ${y.toFixed(1)}`;
      pen = 'L';
    }
  }
  return html`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title><path class="none" d="M0 ${HEIGHT - 0.5}h${WIDTH}"/>${known.length > 1 && html`<path d="${path}"/>`}</svg>`;
}
