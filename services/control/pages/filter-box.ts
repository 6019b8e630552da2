import { FIELDS } from '#core/dead-letter/filter-fields.ts';
import { type Html, html } from '../html.ts';

/** What was written into a filter box, and what is wrong with it. */
export interface FilterText {
  readonly where: string;
  readonly problem: string | null;
}

const EXAMPLES = ['expires:<24h', 'since:2h', 'reason:rejected_by_meta', 'replays:0'];

/** The box in which dead letters are selected, in the language of the command. */
export function filterBox(path: string, { where, problem }: FilterText): Html {
  return html`<form class="filter" method="get" action="${path}" role="search">
<label for="where">Filter</label>
<div class="row"><input id="where" name="where" value="${where}" spellcheck="false" autocomplete="off" autocapitalize="off" placeholder="reason:missing_value since:12h"${problem !== null && html` aria-invalid="true" aria-describedby="problem"`}>
<button type="submit">Show</button>${where !== '' && html`<a class="button" href="${path}">Clear</a>`}</div>
${problem !== null && html`<p class="notice bad" id="problem">${problem}</p>`}
<p class="hint">Try ${EXAMPLES.map((each, index) => html`${index > 0 && ', '}<a href="${path}?where=${encodeURIComponent(each)}">${each}</a>`)}.</p>
<details id="grammar"><summary>What can stand in a filter</summary>
<p class="hint">Terms of the form <code>field:value</code>, all of which must hold. Commas mean any of several values, a minus before a term means not, quotes hold blanks together.</p>
<dl class="grammar">${Object.entries(FIELDS).map(([name, { takes }]) => html`<div><dt><code>${name}</code></dt><dd>${takes}</dd></div>`)}</dl>
</details>
</form>`;
}
