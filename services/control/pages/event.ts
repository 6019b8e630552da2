import { adviceFor } from '#core/dead-letter/advice.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { plural } from '#core/text/format.ts';
import type { Content } from '#store/dead-letters/masking.ts';
import type { Outlook } from '#store/dead-letters/replay/preview.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { COMMANDS, commandLine } from './commands.ts';
import { ago, moment } from './figures.ts';
import { timeToHorizon } from './horizon.ts';
import { jsonTree } from './json-tree.ts';
import { outlookSection } from './outlook.ts';
import { PATHS } from './paths.ts';

/** One dead letter: what it is, what happened to it, and what it holds, masked. */
export function eventPage(
  facts: DeadLetterFacts,
  { content, outlooks }: { readonly content: Content; readonly outlooks: readonly Outlook[] },
  { now, mayAct }: Pick<Visit, 'now' | 'mayAct'>,
): Page {
  const { id, eventName, reason, message } = facts;
  const { title, todo, remedy } = adviceFor(reason);
  const where = `id:"${id}"`;
  return {
    title: eventName ?? 'Unread message',
    body: html`<p class="path"><a href="${PATHS.groups()}">Dead letters</a> / <a href="${PATHS.events(`reason:${reason}`)}">${reason}</a></p>
<h1>${eventName ?? 'Unread message'}</h1>
<p class="lead">${title}: ${facts.refusal?.message ?? message}</p>
<p class="todo">${todo}</p>
${mayAct && html`<p class="links">${facts.truncatedFrom === undefined && html`<a class="button primary" href="${PATHS.newReplay(where)}">Plan a replay of it</a>`}<a class="button" href="${PATHS.purge(where)}">Purge it</a></p>`}
<div class="columns"><section aria-labelledby="story"><h2 id="story">What happened</h2>${story(facts, now)}</section>
<section aria-labelledby="facts"><h2 id="facts">Facts</h2>${factList(facts, now)}</section></div>
${outlookSection(outlooks)}
${payload(facts, content)}
${commandLine(COMMANDS.show(id))}${remedy === 'edit' && commandLine(COMMANDS.edit(id))}`,
  };
}

function story(facts: DeadLetterFacts, now: number): Html {
  const { kafka, attempts, refusal, unknown, stage, reason, message, diedAt, replays } = facts;
  return html`<ol class="story">
${step(moment(kafka.timestamp), html`Kafka got the message: <span class="id">${kafka.topic}</span>, partition ${kafka.partition}, offset ${kafka.offset}.`)}
${facts.truncatedFrom !== undefined && step('', html`Only the first part of its ${plural(facts.truncatedFrom, 'byte')} was kept: it cannot be replayed. The original is in Kafka, at the offset above.`)}
${replays > 0 && step('', html`It was replayed ${plural(replays, 'time')}.`)}
${attempts > 0 && step('', html`It was sent ${plural(attempts, 'time')}${unknown && html`; the last answer never came, so that <strong>Meta may have taken it</strong>`}.`)}
${refusal !== null && step('', answer(refusal))}
${step(moment(diedAt), html`It died in ${stage}: <code>${reason}</code>${refusal === null && html`, ${message}`}.`)}
${facts.horizon !== null && step(moment(facts.horizon * 1000), html`Meta accepts it until then: ${timeToHorizon(facts.horizon, now)}.`, facts.horizon * 1000 > now && 'ahead')}
</ol>`;
}

function step(when: Part, what: Part, kind: string | false = false): Html {
  return html`<li${kind !== false && html` class="${kind}"`}><span class="at">${when}</span><span>${what}</span></li>`;
}

function answer({
  status,
  code,
  subcode,
  message,
  traceId,
}: NonNullable<DeadLetterFacts['refusal']>): Html {
  const codes =
    code === null ? '' : `, code ${code}${subcode === null ? '' : `, subcode ${subcode}`}`;
  return html`Meta answered HTTP ${status}${codes}: “${message}”${traceId !== null && html` <span class="muted">trace <span class="id">${traceId}</span></span>`}`;
}

function factList(facts: DeadLetterFacts, now: number): Html {
  const { id, pixelId, eventId, kafka, diedAt, horizon, attempts, replays } = facts;
  const rows: readonly [string, Part][] = [
    ['Id', html`<span class="id">${id}</span>`],
    ['Pixel', html`<span class="id">${pixelId ?? 'could not be told'}</span>`],
    ['event_id', html`<span class="id">${eventId ?? 'none yet'}</span>`],
    ['Kafka', html`<span class="id">${kafka.topic}/${kafka.partition}/${kafka.offset}</span>`],
    ['Died', ago(diedAt, now)],
    ['Sent', attempts === 0 ? 'never' : plural(attempts, 'time')],
    ['Replayed', replays === 0 ? 'never' : plural(replays, 'time')],
    ['Expires', timeToHorizon(horizon, now)],
  ];
  return html`<dl class="facts-list">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function payload({ holds }: DeadLetterFacts, content: Content): Html {
  const title = holds === 'record' ? 'Server event, before hashing' : 'Message, as Kafka had it';
  const body =
    'unreadable' in content
      ? html`<p class="notice warn">It cannot be opened: ${content.unreadable}</p>`
      : html`<div class="json">${jsonTree(content.content)}</div><p class="hint">Whatever could be personal is masked here, always. Who may see it uses <code>--reveal</code> of the command.</p>`;
  return html`<section aria-labelledby="payload"><h2 id="payload">${title}</h2>${body}</section>`;
}
