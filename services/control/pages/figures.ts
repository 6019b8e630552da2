import { formatAge, formatCount, isoTime } from '#core/text/format.ts';
import { type Html, html } from '../html.ts';

/** `12,408`; nothing stands out where there is nothing. */
export function figure(value: number, href?: string): Html {
  if (value === 0) return html`<span class="zero">0</span>`;
  return href === undefined
    ? html`${formatCount(value)}`
    : html`<a href="${href}">${formatCount(value)}</a>`;
}

/** A moment as `24 Nov 12:03:11`, in UTC, with the whole of it for who asks. */
export function moment(ms: number): Html {
  const iso = isoTime(ms);
  if (iso === null) return NOT_KNOWN;
  const [, month = '', day = '', time = ''] = /^\d+-(\d+)-(\d+)T([\d:]+)/.exec(iso) ?? [];
  const name = MONTHS[Number(month) - 1] ?? '';
  return html`<time datetime="${iso}" title="${iso}">${Number(day)} ${name} ${time}</time>`;
}

/** For what has no time, such as a message whose producer set none. */
const NOT_KNOWN = html`<span class="muted">not known</span>`;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** How long ago something was, with the moment for who asks. */
export function ago(ms: number, now: number): Html {
  const iso = isoTime(ms);
  if (iso === null) return NOT_KNOWN;
  return html`<time datetime="${iso}" title="${iso}">${formatAge(now - ms)} ago</time>`;
}
