import { adviceForReason } from '#core/dead-letter/advice.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { plural } from '#core/text/format.ts';
import type { Content } from '#store/dead-letters/masking.ts';
import type { ReplayPreview } from '#store/dead-letters/replay/preview.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { ago, commandLine, factList, pixelOf, timestamp, timeToHorizon } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

/** One dead letter: its facts, its history, and its masked payload. */
export function eventPage(
  facts: DeadLetterFacts,
  { content, previews }: { readonly content: Content; readonly previews: readonly ReplayPreview[] },
  { now, mayAct, names }: Pick<Visit, 'now' | 'mayAct' | 'names'>,
): Page {
  const { id, eventName, reason, message } = facts;
  const { title, todo, remedy } = adviceForReason(reason);
  const where = `id:"${id}"`;
  return {
    title: eventName ?? 'Unread message',
    body: html`<p class="path"><a href="${PATHS.groups()}">Dead letters</a> / <a href="${PATHS.events(`reason:${reason}`)}">${reason}</a></p>
<h1>${eventName ?? 'Unread message'}</h1>
<p class="lead">${title}: ${facts.refusal?.message ?? message}</p>
<p class="todo">${todo}</p>
${mayAct && html`<p class="links">${facts.truncatedFrom === undefined && html`<a class="button primary" href="${PATHS.newReplay(where)}">Plan a replay</a><a class="button" href="${PATHS.bulkEdit(where)}">Edit</a>`}<a class="button" href="${PATHS.purge(where)}">Purge</a></p>`}
<div class="columns"><section aria-labelledby="history"><h2 id="history">History</h2>${history(facts, now)}</section>
<section aria-labelledby="facts"><h2 id="facts">Facts</h2>${factsOf(facts, now, names)}</section></div>
${previewSection(previews, names)}
${payload(facts, content)}
${commandLine(COMMANDS.show(id))}${remedy === 'edit' && commandLine(COMMANDS.edit(id))}`,
  };
}

function history(facts: DeadLetterFacts, now: number): Html {
  const { kafka, attempts, refusal, unknown, stage, reason, message, diedAt, replays } = facts;
  return html`<ol class="story">
${step(timestamp(kafka.timestamp), html`Kafka received the message: <span class="id">${kafka.topic}</span>, partition ${kafka.partition}, offset ${kafka.offset}.`)}
${facts.truncatedFrom !== undefined && step('', html`Only the first part of its ${plural(facts.truncatedFrom, 'byte')} was stored, so it cannot be replayed. The original is in Kafka, at the offset above.`)}
${replays > 0 && step('', html`It was replayed ${plural(replays, 'time')}.`)}
${attempts > 0 && step('', html`It was sent ${plural(attempts, 'time')}${unknown && html`; the last answer never came, so <strong>Meta may have received it</strong>`}.`)}
${refusal !== null && step('', metaAnswer(refusal))}
${step(timestamp(diedAt), html`It died in ${stage}: <code>${reason}</code>${refusal === null && html`, ${message}`}.`)}
${facts.horizon !== null && step(timestamp(facts.horizon * 1000), html`Meta stops accepting it: ${timeToHorizon(facts.horizon, now)}.`, facts.horizon * 1000 > now && 'ahead')}
</ol>`;
}

function step(when: Part, what: Part, kind: string | false = false): Html {
  return html`<li${kind !== false && html` class="${kind}"`}><span class="at">${when}</span><span>${what}</span></li>`;
}

function metaAnswer(refusal: NonNullable<DeadLetterFacts['refusal']>): Html {
  const { status, code, subcode, message, traceId } = refusal;
  const codes =
    code === null ? '' : `, code ${code}${subcode === null ? '' : `, subcode ${subcode}`}`;
  return html`Meta answered HTTP ${status}${codes}: “${message}”${traceId !== null && html` <span class="muted">trace <span class="id">${traceId}</span></span>`}`;
}

function factsOf(facts: DeadLetterFacts, now: number, names: Visit['names']): Html {
  const { id, pixelId, eventId, kafka, schema, diedAt, horizon, attempts, replays } = facts;
  return factList([
    ['ID', html`<span class="id">${id}</span>`],
    ['Pixel', pixelId === null ? 'unknown' : pixelOf(pixelId, names)],
    ['event_id', html`<span class="id">${eventId ?? 'none yet'}</span>`],
    ['Kafka', html`<span class="id">${kafka.topic}/${kafka.partition}/${kafka.offset}</span>`],
    ...(schema === undefined ? [] : [['Schema', html`<span class="id">${schema}</span>`] as const]),
    ['Died', ago(diedAt, now)],
    ['Sent', attempts === 0 ? 'never' : plural(attempts, 'time')],
    ['Replayed', replays === 0 ? 'never' : plural(replays, 'time')],
    ['Expires', timeToHorizon(horizon, now)],
  ]);
}

function payload({ holds, schema }: DeadLetterFacts, content: Content): Html {
  const message =
    schema === undefined ? 'Message, as Kafka had it' : 'Message, decoded where it can be';
  const title = holds === 'record' ? 'Server event, before hashing' : message;
  const body =
    'unreadable' in content
      ? html`<p class="notice warn">It cannot be read: ${content.unreadable}</p>`
      : html`<div class="json">${jsonTree(content.content)}</div><p class="hint">Personal data is always masked here. Authorized people can see it with <code>--reveal</code> of the command.</p>`;
  return html`<section aria-labelledby="payload"><h2 id="payload">${title}</h2>${body}</section>`;
}

const SKIPS: Readonly<Record<string, string>> = {
  expired: 'it is past its horizon, or less than 10 minutes from it',
  unknown: 'Meta may have received it more than 48 hours ago, and would count it twice',
  looping: 'it was replayed 3 times or more: fix the cause first',
  unconfigured: 'its pixel is not in the configuration',
};

/** The result of a replay now, for each pixel that would get the event. */
function previewSection(previews: readonly ReplayPreview[], names: Visit['names']): Part {
  if (previews.length === 0) return null;
  return html`<section aria-labelledby="preview"><h2 id="preview">If it were replayed now</h2>${previews.map((each) => preview(each, names))}</section>`;
}

function preview(
  { pixelId, outcome, reason, message, changes }: ReplayPreview,
  names: Visit['names'],
): Html {
  const where = pixelId === null ? '' : html` for pixel ${pixelOf(pixelId, names)}`;
  switch (outcome) {
    case 'deliver':
      return html`<p><span class="state good">it would be sent</span>${where}</p>${changesOf(changes)}`;
    case 'filter':
      return html`<p><span class="state warn">it would be filtered</span>${where}: <code>${reason}</code></p>`;
    case 'reject':
      return html`<p><span class="state bad">it would be rejected again</span>${where}: <code>${reason}</code>, ${message}</p>`;
    case 'skip':
      return html`<p><span class="state warn">it would not be replayed</span>${where}, because ${SKIPS[reason ?? ''] ?? reason}.</p>`;
  }
}

function changesOf(changes: readonly string[]): Html {
  if (changes.length === 0) {
    return html`<p class="hint">The same payload as before: fix the cause at Meta, or edit the event.</p>`;
  }
  return differences(changes);
}

/** The changes, in lines that start with a sign. */
export function differences(changes: readonly string[]): Html {
  return html`<ul class="changes">${changes.map((line) => html`<li class="${KINDS[line[0] ?? ''] ?? 'changed'}">${line}</li>`)}</ul>`;
}

const KINDS: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed' };

/** Deeper levels are closed at first. */
const OPEN_LEVELS = 2;

/** JSON as a tree whose parts open and close without JavaScript. */
function jsonTree(value: unknown, level = 0): Html {
  if (typeof value !== 'object' || value === null) return leaf(value);
  const isList = Array.isArray(value);
  const members = Object.entries(value);
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  if (members.length === 0) return html`<span class="sign">${open}${close}</span>`;
  const size = plural(members.length, isList ? 'item' : 'field');
  return html`<details${level < OPEN_LEVELS && html` open`}><summary><span class="sign">${open}</span> <span class="muted">${size}</span></summary><ul>${members.map(
    ([name, each]) =>
      html`<li>${!isList && html`<span class="name">${name}</span>: `}${jsonTree(each, level + 1)}</li>`,
  )}</ul><span class="sign">${close}</span></details>`;
}

const MASKED = /^\[(text of|name of) \d+\]$|^\[number\]$|^…$/;

function leaf(value: unknown): Html {
  if (typeof value !== 'string') return html`<span class="value">${String(value)}</span>`;
  return MASKED.test(value)
    ? html`<span class="masked">${value}</span>`
    : html`<span class="text">${JSON.stringify(value)}</span>`;
}
