import { FIELDS } from '#core/dead-letter/filter-fields.ts';
import type { NamedPixel, PixelNames } from '#core/pixel-names.ts';
import { formatAge, formatCount, formatDuration, isoTime } from '#core/text/format.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Visit } from '../layout.ts';

/** `12,408`, linked where a path is given; zeros are muted. */
export function countCell(value: number, href?: string): Html {
  if (value === 0) return html`<span class="zero">0</span>`;
  return href === undefined
    ? html`${formatCount(value)}`
    : html`<a href="${href}">${formatCount(value)}</a>`;
}

/** `24 Nov 12:03:11`, in UTC, with the exact time as a tooltip. */
export function timestamp(ms: number): Html {
  const [, day, month, , time] = new Date(ms).toUTCString().split(' ');
  return timeElement(ms, `${Number(day)} ${month} ${time}`);
}

/** `42 s ago`, with the exact time as a tooltip. */
export function ago(ms: number, now: number): Html {
  return timeElement(ms, `${formatAge(now - ms)} ago`);
}

const URGENT_MS = 24 * 3_600_000;

/** Time left to send an event, marked below 24 hours; `horizon` in Unix seconds, `now` in Unix ms. */
export function timeToHorizon(horizon: number | null, now: number): Html {
  const at = (horizon ?? Number.NaN) * 1000;
  const left = at - now;
  const text = left > 0 ? `in ${formatDuration(left)}` : 'expired';
  const kind = left <= 0 ? 'muted' : left < URGENT_MS ? 'urgent' : null;
  return timeElement(at, text, kind);
}

/** Some have no time, such as a message whose producer set none. */
function timeElement(ms: number, text: string, kind: string | null = null): Html {
  const iso = isoTime(ms);
  if (iso === null) return html`<span class="muted">not known</span>`;
  return html`<time${kind !== null && html` class="${kind}"`} datetime="${iso}" title="${iso}">${text}</time>`;
}

/** `EU shop 1234567890`: a pixel by its name, where it has one, and its ID. */
export function pixelOf(pixelId: string, names: Pick<PixelNames, 'of'>): Html {
  const name = names.of(pixelId);
  return html`${name !== null && html`${name} `}<span class="id">${pixelId}</span>`;
}

/** What a pixel is called where there is little room: its name, or its ID. */
export function shortPixel(pixelId: string, names: Pick<PixelNames, 'of'>): Html {
  const name = names.of(pixelId);
  return name === null
    ? html`<span class="id">${pixelId}</span>`
    : html`<span title="${pixelId}">${name}</span>`;
}

/** What a pixel is called, after its ID. */
export function mutedName({ name }: Pick<NamedPixel, 'name'>): Part {
  return name !== undefined && html` <span class="muted">${name}</span>`;
}

/** The page of a list that an address asks for, from 1. */
export function readPageNumber(text = ''): number {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1;
}

/** Names with their values. */
export function factList(rows: readonly (readonly [name: string, value: Part])[]): Html {
  return html`<dl class="facts-list">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A command with a button that copies it. */
export function commandLine(command: string): Html {
  // Browsers break lines behind a hyphen, also between the two of an option.
  const words = command
    .split(/(--[\w-]+)/)
    .map((part, at) => (at % 2 === 1 ? html`<span class="option">${part}</span>` : part));
  return html`<div class="command"><code>${words}</code><button type="button" data-copy="${command}" aria-label="Copy command">Copy</button></div>`;
}

/** The token that proves that a form came from one of our pages. */
export function tokenField({ token }: Pick<Visit, 'token'>): Html {
  return html`<input type="hidden" name="token" value="${token}">`;
}

/** The field for the reason that the audit trail records. */
export function reasonField(placeholder: string): Html {
  return html`<p class="field wide-field"><label for="reason">Reason, for the audit trail</label><input id="reason" name="reason" maxlength="200" autocomplete="off" placeholder="${placeholder}"></p>`;
}

/** The content of a filter box, and what is wrong with it. */
export interface FilterText {
  readonly where: string;
  readonly problem: string | null;
}

const EXAMPLES = ['expires:<24h', 'since:2h', 'reason:rejected_by_meta', 'replays:0'];

/** The box that selects dead letters, with the filter language of the command. */
export function filterBox(path: string, { where, problem }: FilterText): Html {
  return html`<form class="filter" method="get" action="${path}" role="search">
<label for="where">Filter</label>
<div class="row"><input id="where" name="where" value="${where}" spellcheck="false" autocomplete="off" autocapitalize="off" placeholder="reason:missing_value since:12h"${problem !== null && html` aria-invalid="true" aria-describedby="problem"`}>
<button type="submit">Show</button>${where !== '' && html`<a class="button" href="${path}">Clear</a>`}</div>
${problem !== null && html`<p class="notice bad" id="problem">${problem}</p>`}
<p class="hint">Examples: ${EXAMPLES.map((each, index) => html`${index > 0 && ', '}<a href="${path}?where=${encodeURIComponent(each)}">${each}</a>`)}.</p>
<details id="grammar"><summary>Filter syntax</summary>
<p class="hint">Terms have the form <code>field:value</code>, and all of them must match. A comma separates alternatives, a minus before a term negates it, and quotes enclose a value with spaces.</p>
<dl class="grammar">${Object.entries(FIELDS).map(([name, { takes }]) => html`<div><dt><code>${name}</code></dt><dd>${takes}</dd></div>`)}</dl>
</details>
</form>`;
}
