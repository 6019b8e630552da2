import { formatCount } from '#core/text/format.ts';
import { processedCount } from '#store/dead-letters/replay/counts.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import { type Html, html } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { ago, commandLine, countCell } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';
import { progressBar, replayState } from './replay.ts';

const REFRESH_S = 3;

/** The list of replays; those that can continue come first. */
export function replaysPage(
  replays: readonly Replay[],
  { now, mayAct }: Pick<Visit, 'now' | 'mayAct'>,
): Page {
  const open = replays.filter(({ state }) => state !== 'finished' && state !== 'cancelled');
  const past = replays.filter((replay) => !open.includes(replay));
  return {
    title: 'Replays',
    refreshS: REFRESH_S,
    body: html`<h1>Replays</h1>
<p class="lead">A replay puts dead letters back into the queue, once their cause is fixed.</p>
${mayAct && html`<p class="links"><a class="button primary" href="${PATHS.newReplay()}">Plan a replay</a></p>`}
${replays.length === 0 && html`<div class="empty"><p>No replays yet.</p></div>`}
${open.length > 0 && html`<section aria-labelledby="open"><h2 id="open">Active</h2>${open.map((replay) => card(replay, now))}</section>`}
${past.length > 0 && html`<section aria-labelledby="past"><h2 id="past">Past</h2>${table(past, now)}</section>`}
${commandLine(COMMANDS.replays)}`,
  };
}

function card(replay: Replay, now: number): Html {
  const { spec, why } = replay;
  return html`<article class="card"><h3><a href="${PATHS.replay(spec.id)}">${spec.where === '' ? 'All dead letters' : html`<code>${spec.where}</code>`}</a></h3>
<p>${replayState(replay)}${why !== null && html` <span class="muted">${why}</span>`} <span class="muted">${ago(spec.startedAt, now)} by ${spec.by}${spec.reason !== null && html`: ${spec.reason}`}</span></p>
${progressBar(replay)}</article>`;
}

function table(replays: readonly Replay[], now: number): Html {
  return html`<table class="stack">
<thead><tr><th scope="col">Dead letters</th><th scope="col">Started</th><th scope="col">By, reason</th><th scope="col">State</th><th scope="col" class="n">Processed</th><th scope="col" class="n">Delivered</th><th scope="col" class="n">Died again</th></tr></thead>
<tbody>${replays.map((replay) => row(replay, now))}</tbody></table>`;
}

function row(replay: Replay, now: number): Html {
  const { spec, counts, delivered, died } = replay;
  const { id, where, startedAt, by, reason, planned } = spec;
  return html`<tr><th scope="row"><a href="${PATHS.replay(id)}">${where === '' ? 'all dead letters' : html`<code>${where}</code>`}</a></th>
<td data-label="Started" class="nowrap">${ago(startedAt, now)}</td>
<td class="wide">${by}${reason !== null && html`<p class="said">${reason}</p>`}</td>
<td data-label="State">${replayState(replay)}</td>
<td class="n" data-label="Processed">${formatCount(processedCount(counts))} of ${formatCount(planned)}</td>
<td class="n" data-label="Delivered">${countCell(delivered)}</td>
<td class="n" data-label="Died again">${countCell(died)}</td></tr>
`;
}
