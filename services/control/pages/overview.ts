import { withoutFullStop } from '#core/delivery/halt.ts';
import { pixelLabel } from '#core/pixel-names.ts';
import { formatAge, formatCount, plural, sentence } from '#core/text/format.ts';
import { NO_PIXEL } from '#store/keys.ts';
import { allFiltered, type Drain, drainsOf } from '#store/status/filtered.ts';
import {
  type FleetStatus,
  type LaneStatus,
  labelIn,
  type PixelStatus,
  totalOf,
  unbalanced,
} from '#store/status/fleet.ts';
import { imbalance, type Ledger } from '#store/status/ledger.ts';
import type { DependencyReading } from '../dependencies.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page } from '../layout.ts';
import { ago, commandLine, countCell, mutedName } from './elements.ts';
import { pausedWords } from './lane.ts';
import { COMMANDS, PATHS } from './links.ts';

/** Everything that the overview shows. */
export interface Overview {
  readonly fleet: FleetStatus;
  /** The number of dead letters whose horizon is less than 24 hours away. */
  readonly expiringSoon: number;
  /** Why ingest pauses Kafka, in words; empty while it reads. */
  readonly backpressure: readonly string[];
  readonly kafka: DependencyReading;
  readonly redis: DependencyReading;
  readonly now: number;
}

const REFRESH_S = 5;

export function overviewPage(overview: Overview): Page {
  const { fleet, now } = overview;
  return {
    title: 'Overview',
    refreshS: REFRESH_S,
    body: html`<h1>Overview</h1>
<div class="notices">${notices(overview)}</div>
<section aria-labelledby="flow"><h2 id="flow">Where every event is</h2>
${fleet.pixels.length === 0 ? html`<p class="empty">No pixel is configured, and no event was ever consumed.</p>` : ledgers(fleet)}</section>
${fleet.pixels.length > 0 && lanes(fleet.pixels, now)}
${dependencies(overview)}
${commandLine(COMMANDS.status)}`,
  };
}

/** What needs attention first, and where to fix it. */
function notices({ fleet, expiringSoon, backpressure, kafka, now }: Overview): readonly Html[] {
  const halted = fleet.pixels.filter(
    ({ configured, lane }) => configured && lane.state !== 'active',
  );
  const all = [
    ...(kafka.ok === false
      ? [notice('bad', html`Kafka does not answer: no new events come in.`)]
      : []),
    ...backpressure.map((why) => notice('warn', html`Kafka is held back: ${why}.`)),
    ...halted.map((pixel) => haltNotice(pixel, now)),
    ...drainsOf(fleet).map((drain) => drainNotice(drain, labelIn(fleet, drain.pixelId))),
    ...fleet.pixels.flatMap(unreadableNotice),
    ...unbalanced(fleet).map(([pixelId, by]) =>
      notice('bad', html`The ledger of ${labelIn(fleet, pixelId)} is out of balance by ${by}.`),
    ),
  ];
  if (expiringSoon > 0) {
    const path = `/dead-letters?where=${encodeURIComponent('expires:<24h')}`;
    const words = html`${plural(expiringSoon, 'dead letter expires', 'dead letters expire')} within 24 hours. <a href="${path}">Show them</a>`;
    all.push(notice('bad', words));
  }
  const good = html`Events flow, and every event that was consumed is accounted for.`;
  return all.length > 0 ? all : [notice('good', good)];
}

function notice(kind: 'good' | 'warn' | 'bad', words: Html): Html {
  return html`<p class="notice ${kind}">${words}</p>`;
}

function unreadableNotice({ unreadable: { envelopes, reasons }, ...pixel }: PixelStatus): Html[] {
  if (envelopes === 0) return [];
  const what = `${plural(envelopes, 'envelope')} of pixel ${pixelLabel(pixel)}`;
  return [notice('bad', html`Workers cannot open ${what}: ${reasons[0] ?? ''}. See sealing.keys.`)];
}

function drainNotice({ pixelId, events, reason, certain }: Drain, label: string): Html {
  const why = reason === null ? '' : ` (${reason})`;
  const row = `The last ${plural(events, 'event')}`;
  const words =
    pixelId === NO_PIXEL
      ? `Events are consumed, but none is delivered. ${row} went to no pixel${why}: see kafka.topics, events.where and events.allow.`
      : `Events of pixel ${label} are consumed, but none is delivered. ${row} were filtered${why}.`;
  return notice(certain ? 'bad' : 'warn', html`${words}`);
}

/** The most frequent reasons why events were filtered. */
function filteredReasons({ pixels, noneFiltered }: FleetStatus): Part {
  const all = allFiltered([noneFiltered, ...pixels.map(({ filtered }) => filtered)]);
  const words = all.map(([reason, events]) => `${formatCount(events)} ${reason}`).join(', ');
  return words !== '' && html`<p class="hint">Why events were filtered: ${words}.</p>`;
}

function haltNotice(pixel: PixelStatus, now: number): Html {
  const { lane, ledger } = pixel;
  const left = lane.until === null ? 0 : lane.until - now;
  const probe = left > 0 ? ` Next probe in ${formatAge(left)}.` : ' It is being probed.';
  const waiting = ledger.queued === 0 ? '' : ` ${plural(ledger.queued, 'event')} waiting.`;
  if (lane.state === 'paused') return notice('warn', pausedWords(pixel, lane, waiting));
  const why = lane.why === null ? '' : ` (${withoutFullStop(lane.why)})`;
  const { kind, words } = LANES[lane.state];
  return notice(kind, html`Pixel ${pixelLabel(pixel)} is ${words}${why}.${waiting}${probe}`);
}

const LANES = {
  active: { kind: 'good', words: 'active' },
  throttled: { kind: 'warn', words: 'throttled by Meta' },
  blocked: { kind: 'bad', words: 'blocked by Meta' },
  failing: { kind: 'bad', words: 'failing' },
  paused: { kind: 'warn', words: 'paused' },
} as const satisfies Record<LaneStatus['state'], unknown>;

/** Title → field of the ledger. */
const COLUMNS = {
  Consumed: 'consumed',
  Filtered: 'filtered',
  Delivered: 'delivered',
  Dead: 'dead',
  Purged: 'purged',
  Lost: 'lost',
  'In flight': 'queued',
} as const;

function ledgers(fleet: FleetStatus): Html {
  const { none, pixels } = fleet;
  return html`<table class="stack figures">
<thead><tr><th scope="col">Pixel</th>${Object.keys(COLUMNS).map((name) => html`<th scope="col" class="n">${name}</th>`)}<th scope="col">Balance</th></tr></thead>
<tbody>
${pixels.map((pixel) => ledgerRow(pixel.pixelId, pixel.ledger, pixel.configured ? mutedName(pixel) : html` <span class="muted">not configured</span>`))}
${none.consumed > 0 && ledgerRow('none', none, html` <span class="muted">could not be identified</span>`)}
</tbody>
<tfoot><tr><th scope="row">All</th>${ledgerCells(totalOf(fleet), '')}</tr></tfoot>
</table>
${filteredReasons(fleet)}`;
}

function ledgerRow(pixelId: string, ledger: Ledger, remark: Part): Html {
  return html`<tr><th scope="row"><span class="id">${pixelId === 'none' ? 'No pixel' : pixelId}</span>${remark}${flowBar(ledger)}</th>
${ledgerCells(ledger, `pixel:${pixelId}`)}</tr>
`;
}

function ledgerCells(ledger: Ledger, where: string): Html {
  const links: Partial<Record<keyof Ledger, string>> = {
    dead: `/dead-letters?where=${encodeURIComponent(where)}`,
    queued: '/queues',
  };
  const off = imbalance(ledger);
  return html`${Object.entries(COLUMNS).map(([name, field]) => html`<td class="n" data-label="${name}">${countCell(ledger[field], links[field])}</td>`)}
<td data-label="Balance">${off === 0 ? html`<span class="state good">balanced</span>` : html`<span class="state bad">off by ${off}</span>`}</td>`;
}

const BAR_WIDTH = 160;
const BAR_PARTS = ['delivered', 'queued', 'filtered', 'dead'] as const;

/** The narrowest part that is still visible. */
const MIN_PART_WIDTH = 2;

/** The outcomes of a pixel's events, as parts of a bar. */
function flowBar(ledger: Ledger): Html {
  const parts = BAR_PARTS.map((name) => ({ name, events: ledger[name] })).filter(
    ({ events }) => events > 0,
  );
  const all = parts.reduce((sum, { events }) => sum + events, 0);
  const free = Math.max(BAR_WIDTH - MIN_PART_WIDTH * parts.length, 0);
  let x = 0;
  const boxes = parts.map(({ name, events }) => {
    const width = (events / all) * free + MIN_PART_WIDTH;
    const box = html`<rect class="${name}" x="${x.toFixed(1)}" width="${width.toFixed(1)}" height="4"/>`;
    x += width;
    return box;
  });
  const words = parts.map(({ name, events }) => `${name} ${((events / all) * 100).toFixed(1)} %`);
  return html`<svg class="flow" viewBox="0 0 ${BAR_WIDTH} 4" preserveAspectRatio="none" role="img" aria-label="${words.join(', ') || 'no events yet'}">${boxes}</svg>`;
}

/** The state of each pixel's lane, and what waits in it. */
function lanes(pixels: readonly PixelStatus[], now: number): Html {
  return html`<section aria-labelledby="lanes"><h2 id="lanes">Lanes</h2>
<table class="stack figures">
<thead><tr><th scope="col">Pixel</th><th scope="col">State</th><th scope="col" class="n">Events in flight</th><th scope="col" class="n">Waiting</th><th scope="col" class="n">Active</th><th scope="col" class="n">Delayed</th><th scope="col" class="n">Oldest waiting</th></tr></thead>
<tbody>${pixels.map((pixel) => laneRow(pixel, now))}</tbody>
</table>
<p class="hint">Waiting, active and delayed count envelopes, which hold many events each: those that wait for a worker, those that a worker holds, and those that wait for their next attempt.</p></section>`;
}

function laneRow(pixel: PixelStatus, now: number): Html {
  const { pixelId, ledger, waiting, active, delayed, oldestAt } = pixel;
  return html`<tr><th scope="row"><a class="id" href="${PATHS.lane(pixelId)}">${pixelId}</a>${mutedName(pixel)}</th>
<td data-label="State">${laneState(pixel.lane, now)}</td>
<td class="n" data-label="Events in flight">${countCell(ledger.queued)}</td>
<td class="n" data-label="Waiting">${countCell(waiting)}</td>
<td class="n" data-label="Active">${countCell(active)}</td>
<td class="n" data-label="Delayed">${countCell(delayed)}</td>
<td class="n" data-label="Oldest waiting">${oldestAt === null ? html`<span class="zero">–</span>` : ago(oldestAt, now)}</td></tr>
`;
}

function laneState({ state, why, until }: LaneStatus, now: number): Html {
  const left = until === null ? null : until - now;
  const when = left === null ? '' : left > 0 ? `next probe in ${formatAge(left)}` : 'being probed';
  const words = [withoutFullStop(why ?? ''), when].filter((each) => each !== '').join('; ');
  return html`<span class="state ${LANES[state].kind}">${state}</span>${words !== '' && html` <span class="muted">${words}</span>`}`;
}

/** The health of Kafka, Redis and Meta. */
function dependencies({ kafka, redis, fleet, now }: Overview): Html {
  const memory =
    fleet.memoryRatio === 0 ? '' : `; uses ${(fleet.memoryRatio * 100).toFixed(0)} % of its memory`;
  const configured = fleet.pixels.filter((pixel) => pixel.configured);
  const active = configured.filter(({ lane }) => lane.state === 'active');
  const ok = active.length === configured.length;
  const which = ok ? 'every pixel' : `${active.length} of ${configured.length} pixels`;
  const meta = {
    ok,
    detail: `accepts events of ${which}, as the workers last saw`,
    lastError: null,
  };
  return html`<section aria-labelledby="dependencies"><h2 id="dependencies">Dependencies</h2>
<dl class="cards">
${dependencyCard('Kafka', kafka, now)}
${dependencyCard('Redis', { ...redis, detail: redis.detail + memory }, now)}
${dependencyCard('Meta', meta, now)}
</dl></section>`;
}

function dependencyCard(name: string, reading: DependencyReading, now: number): Html {
  const { ok, detail, lastError } = reading;
  const [kind, word] =
    ok === null ? ['', 'unknown'] : ok ? ['good', 'healthy'] : ['bad', 'unhealthy'];
  return html`<div><dt>${name} <span class="state ${kind}">${word}</span></dt>
<dd>${sentence(detail)}${lastError !== null && html` <span class="muted">Last error ${ago(lastError.at, now)}: ${lastError.message}</span>`}</dd></div>
`;
}
