import type { Outlook } from '#store/dead-letters/replay/preview.ts';
import { type Html, html, type Part } from '../html.ts';

const SKIPS: Readonly<Record<string, string>> = {
  expired: 'it is past its horizon, or within 10 minutes of it',
  unknown: 'Meta may have taken it more than 48 hours ago, and would count it twice',
  looping: 'it was replayed 3 times or more: what kills it must be mended first',
  unconfigured: 'its pixel is not in the configuration',
};

/** What would become of a dead letter if it were replayed now, for each pixel that would get it. */
export function outlookSection(outlooks: readonly Outlook[]): Part {
  if (outlooks.length === 0) return null;
  return html`<section aria-labelledby="outlook"><h2 id="outlook">If it were replayed now</h2>${outlooks.map(one)}</section>`;
}

function one(outlook: Outlook): Html {
  const { pixelId, outcome, reason, message, changes } = outlook;
  const where = pixelId === null ? '' : html` for pixel <span class="id">${pixelId}</span>`;
  switch (outcome) {
    case 'deliver':
      return html`<p><span class="state good">it would be sent</span>${where}</p>${differences(changes)}`;
    case 'filter':
      return html`<p><span class="state warn">it would be left out</span>${where}: <code>${reason}</code></p>`;
    case 'reject':
      return html`<p><span class="state bad">it would be refused again</span>${where}: <code>${reason}</code>, ${message}</p>`;
    case 'skip':
      return html`<p><span class="state warn">it would not be replayed</span>${where}, because ${SKIPS[reason ?? ''] ?? reason}.</p>`;
  }
}

/** What is other than it was, in lines that begin with a sign. */
function differences(changes: readonly string[]): Html {
  if (changes.length === 0) {
    return html`<p class="hint">Exactly as it went before: mend its cause at Meta, or edit it.</p>`;
  }
  return html`<ul class="changes">${changes.map((line) => html`<li class="${KINDS[line[0] ?? ''] ?? 'changed'}">${line}</li>`)}</ul>`;
}

const KINDS: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed' };
