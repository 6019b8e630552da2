import { formatCount, isoTime } from '#core/text/format.ts';
import type { MessageTrace, TracedEvent } from '#store/receipts/trace.ts';
import { stateWords, stepWords } from '#store/receipts/words.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { commandLine, pixelOf, timestamp } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

interface TraceView {
  /** The messageId that is asked for; empty for none. */
  readonly id: string;
  /** Null where none is asked for. */
  readonly found: MessageTrace | null;
  /** Whether every event is known, or dead letters alone. */
  readonly receipts: boolean;
}

/** What became of a message, for each pixel. */
export function tracePage(
  { id, found, receipts }: TraceView,
  { names }: Pick<Visit, 'names'>,
): Page {
  return {
    title: 'Trace',
    body: html`<h1>Trace a message</h1>
<p class="lead">What became of a message for each pixel: filtered, queued, delivered or dead, and why.${!receipts && ' Without receipts.enabled, only dead letters are known.'}</p>
<form class="filter" method="get" action="/trace" role="search"><label for="id">messageId of the Track event</label>
<div class="row"><input id="id" name="id" value="${id}" spellcheck="false" autocomplete="off" autocapitalize="off"><button type="submit">Trace</button></div></form>
${found !== null && results(found, names)}
${commandLine(COMMANDS.trace(id))}`,
  };
}

function results({ events, more, receiptsSince }: MessageTrace, names: Visit['names']): Part {
  if (events.length === 0) {
    const since = receiptsSince === null ? null : isoTime(receiptsSince);
    const read = since === null ? '' : `No message with this messageId was read since ${since}. `;
    return html`<div class="empty"><p>${read}No dead letter has this messageId.</p></div>`;
  }
  return html`${events.map((event) => traced(event, names))}
${more > 0 && html`<p class="hint">And at least ${formatCount(more)} older ones with this messageId, which are not shown.</p>`}`;
}

const KINDS = {
  ...{ queued: 'warn', parked: 'warn', filtered: 'warn' },
  ...{ delivered: 'good', dead: 'bad', unknown: 'bad' },
};

function traced(event: TracedEvent, names: Visit['names']): Html {
  const { pixelId, kafka, state, steps, deadLetter } = event;
  const now = stateWords(event);
  return html`<section class="card"><h2>${pixelId === null ? 'No pixel' : html`Pixel ${pixelOf(pixelId, names)}`} <span class="state ${KINDS[state]}">${state}</span></h2>
${kafka !== null && html`<p class="facts muted"><span class="id">${kafka.topic}</span>, partition ${kafka.partition}, offset ${kafka.offset}</p>`}
<ol class="story">${steps.map((step) => html`<li><span class="at">${timestamp(step.at)}</span><span>${stepWords(step)}</span></li>`)}${now !== null && html`<li><span class="at">now</span><span>${now}</span></li>`}</ol>
${deadLetter !== null && html`<p class="links"><a href="${PATHS.event(deadLetter.id)}">Show the dead letter</a></p>`}</section>`;
}
