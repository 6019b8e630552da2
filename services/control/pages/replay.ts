import { formatCount, formatEta, plural } from '#core/text/format.ts';
import {
  processedCount,
  type ReplayCounts,
  reasons,
  sum,
  type UnreplayedReason,
} from '#store/dead-letters/replay/counts.ts';
import { heldOf } from '#store/dead-letters/replay/held.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import type { Replay, ReplayState } from '#store/dead-letters/replay/state.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { ago, commandLine, factList, pixelOf, timestamp, tokenField } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

const REFRESH_S = 2;

/** One replay: its progress, its results, and who started it and why. */
export function replayPage(replay: Replay, visit: Visit): Page {
  const { spec, state, why, counts } = replay;
  const isOver = state === 'finished' || state === 'cancelled';
  return {
    title: `Replay ${spec.id}`,
    ...(isOver ? {} : { refreshS: REFRESH_S }),
    body: html`<p class="path"><a href="${PATHS.replays}">Replays</a> / <span class="id">${spec.id}</span></p>
<h1>${spec.where === '' ? 'Replay of all dead letters' : html`Replay of <code>${spec.where}</code>`}</h1>
<p class="lead">${replayState(replay)}${why !== null && html` ${why}`}</p>
${progressBar(replay)}
${leftForLater(replay, visit)}
${remapped(counts)}${leftAlone(counts)}
${visit.mayAct && controls(replay, visit)}
<section aria-labelledby="facts"><h2 id="facts">Settings</h2>${facts(replay, visit.now)}</section>
${commandLine(COMMANDS.onReplay('status', spec.id))}`,
  };
}

const ACTIONS = { pause: 'Pause', resume: 'Resume', cancel: 'Cancel' } as const;

const OFFERED: Readonly<Record<ReplayState, readonly (keyof typeof ACTIONS)[]>> = {
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  stopped: ['resume', 'cancel'],
  cancelled: [],
  finished: [],
};

/** Buttons, each with the command that does the same. */
function controls({ spec: { id }, state }: Replay, visit: Visit): Html {
  const buttons = OFFERED[state].map(
    (action) =>
      html`<form method="post" action="${PATHS.replay(id)}/${action}">${tokenField(visit)}<button type="submit">${ACTIONS[action]}</button> <code class="muted">${COMMANDS.onReplay(action, id)}</code></form>`,
  );
  return html`<div class="actions">${buttons}</div>`;
}

function facts({ spec, updatedAt }: Replay, now: number): Html {
  const { by, reason, startedAt, planned, rate, max, canary, stopAbove } = spec;
  return factList([
    ['Started by', by],
    ['Reason', reason ?? 'none given'],
    ['Started', timestamp(startedAt)],
    ['Last step', ago(updatedAt, now)],
    ['Planned', formatCount(planned)],
    ['Rate', rate === null ? 'unlimited' : `${formatCount(rate)} per second`],
    ['Maximum', max === null ? 'all' : formatCount(max)],
    ['Canary', canary === 0 ? 'none' : formatCount(canary)],
    ['Failure limit', `${Number((stopAbove * 100).toFixed(2))} %`],
    ...(spec.includeUnknown ? [['Includes', 'events that Meta may have received'] as const] : []),
    ...(spec.forceLoop ? [['Includes', 'events replayed 3 times or more'] as const] : []),
  ]);
}

const STATES: Readonly<Record<ReplayState, readonly [kind: string, word: string]>> = {
  running: ['good', 'running'],
  paused: ['warn', 'paused'],
  stopped: ['bad', 'stopped by a safety limit'],
  cancelled: ['', 'cancelled'],
  finished: ['', 'finished'],
};

const AWAITING = ['warn', 'waiting for halted pixels'] as const;

/** The state of a replay as a badge. */
export function replayState({ state, awaitsPixels }: Pick<Replay, 'state' | 'awaitsPixels'>): Html {
  const [kind, word] = state === 'stopped' && awaitsPixels ? AWAITING : STATES[state];
  return html`<span class="state ${kind}">${word}</span>`;
}

/** The progress of a replay, its rate, and its remaining time. */
export function progressBar(replay: Replay): Html {
  const { spec, counts, delivered, died, state } = replay;
  const done = Math.min(processedCount(counts), spec.planned);
  const held = heldOf(replay);
  const share = spec.planned === 0 ? 1 : done / spec.planned;
  const words = [
    `${Math.floor(share * 100)} %`,
    `${formatCount(done)} of ${formatCount(spec.planned)}`,
    `delivered ${formatCount(delivered)}`,
    ...(died > 0 ? [`died again ${formatCount(died)}`] : []),
    ...(inFlight(replay) > 0 ? [`${formatCount(inFlight(replay))} waiting for an answer`] : []),
    ...(held.length > 0 ? [`${plural(held.length, 'halted pixel')} left for later`] : []),
    ...(state === 'running' ? rateAndEta(replay, done) : []),
  ];
  return html`<div class="progress"><progress max="${spec.planned}" value="${done}" aria-label="Processed">${formatCount(done)}</progress><p class="figures-line">${words.map((each) => html`<span>${each}</span>`)}</p></div>`;
}

/** The rate of a younger replay says nothing. */
const MIN_AGE_MS = 1000;

function rateAndEta({ spec, updatedAt }: Replay, done: number): string[] {
  const ms = updatedAt - spec.startedAt;
  if (done === 0) return ['waiting for its first step'];
  if (ms < MIN_AGE_MS || done >= spec.planned) return [];
  const rate = (done * 1000) / ms;
  return [`${formatCount(rate)} per second`, `${formatEta((spec.planned - done) / rate)} left`];
}

const LEFT_ALONE: Readonly<Record<UnreplayedReason, string>> = {
  expired: 'past the horizon, or less than 10 minutes from it',
  unknown: 'may have reached Meta more than 48 hours ago',
  looping: 'were replayed 3 times or more',
  unconfigured: 'belong to a pixel that is not in the configuration',
  truncated: 'were stored only in part: the originals are in Kafka',
  unreadable: 'cannot be opened with the configured sealing keys, or are damaged',
  gone: 'were replayed or purged by someone else in the meantime',
};

/** The matching dead letters that are not replayed, by reason. */
export function leftAlone({ skipped, left }: Pick<ReplayCounts, 'skipped' | 'left'>): Part {
  const reasons = Object.keys(LEFT_ALONE) as UnreplayedReason[];
  return countList([
    ...reasons.map((why) => [skipped[why], LEFT_ALONE[why]] as const),
    [left, 'are left for a later replay'],
  ]);
}

/** The pixels whose lanes were halted when it came to them. */
function leftForLater(replay: Replay, { names }: Pick<Visit, 'names'>): Part {
  const held = heldOf(replay);
  if (held.length === 0) return false;
  const resumed = replay.awaitsPixels && !replay.detached ? ', if you resume it' : '';
  const pixels = held.map(
    ({ pixelId, state, why }) => html`<li>${pixelOf(pixelId, names)} is ${state}: ${why}</li>`,
  );
  return html`<section aria-labelledby="later"><h2 id="later">Left for later</h2>
<p>The lanes of these pixels were halted. The replay has passed over them and returns to them when they are active${resumed}.</p>
<ul class="counts">${pixels}</ul></section>`;
}

/** The results of mapping again, except for those that were put back. */
function remapped({ filtered, refused }: Pick<ReplayCounts, 'filtered' | 'refused'>): Part {
  return countList([
    [sum(filtered), `are filtered by the current configuration: ${reasons(filtered)}`],
    [sum(refused), `are rejected again and stay dead: ${reasons(refused)}`],
  ]);
}

/** Counts and what they count, without zeros. */
function countList(counts: readonly (readonly [count: number, words: string])[]): Part {
  const rows = counts
    .filter(([count]) => count > 0)
    .map(([count, words]) => html`<li><span class="n">${formatCount(count)}</span> ${words}</li>`);
  return rows.length > 0 && html`<ul class="counts">${rows}</ul>`;
}
