import { withoutFullStop } from '#core/delivery/halt.ts';
import { pixelLabel } from '#core/pixel-names.ts';
import { formatAge, formatCount, plural, sentence } from '#core/text/format.ts';
import { NO_PIXEL } from '#store/keys.ts';
import type { ProcessEntry } from '#store/processes.ts';
import { type Drain, drainsOf } from '#store/status/filtered.ts';
import { type FleetStatus, labelIn, type PixelStatus, unbalanced } from '#store/status/fleet.ts';
import type { DependencyReading } from '../../dependencies.ts';
import { type Html, html } from '../../html.ts';
import type { Page } from '../../layout.ts';
import { ago, commandLine } from '../elements.ts';
import { parkedText, pausedWords } from '../lane.ts';
import { laneTable, partOf, pixelPages, SHOWN_STATES } from '../lanes.ts';
import { COMMANDS, PATHS } from '../links.ts';
import { ledgerTable } from './ledgers.ts';
import { processTable, type Vitals, vitalSigns } from './vitals.ts';

/** Everything that the overview shows. */
export interface Overview {
  readonly fleet: FleetStatus;
  /** The number of dead letters whose horizon is less than 24 hours away. */
  readonly expiringSoon: number;
  /** Why ingest pauses Kafka, in words; empty while it reads. */
  readonly backpressure: readonly string[];
  readonly kafka: DependencyReading;
  readonly redis: DependencyReading;
  readonly vitals: Vitals;
  readonly processes: readonly ProcessEntry[];
  /** The page of pixels, from 1. */
  readonly page: number;
  readonly now: number;
}

const REFRESH_S = 5;

export function overviewPage(overview: Overview): Page {
  const { fleet, vitals, processes, page, now } = overview;
  const pixels = partOf(fleet.pixels, page);
  return {
    title: 'Overview',
    refreshS: REFRESH_S,
    body: html`<h1>Overview</h1>
<div class="notices">${notices(overview)}</div>
${vitalSigns(vitals)}
<section aria-labelledby="flow"><h2 id="flow">Where every event is</h2>
${fleet.pixels.length === 0 ? html`<p class="empty">No pixel is configured, and no event was ever consumed.</p>` : ledgerTable(fleet, pixels)}
${pixelPages(fleet.pixels.length, page, (to) => PATHS.overview(vitals.range, to))}</section>
${fleet.pixels.length > 0 && html`<section aria-labelledby="lanes"><h2 id="lanes"><a href="${PATHS.lanes()}">Lanes</a></h2>${laneTable(pixels, now)}</section>`}
${dependencies(overview)}
${processTable(processes, now)}
${commandLine(COMMANDS.status)}`,
  };
}

/** Further ones are counted: a thousand pixels may be halted for the same cause. */
const MOST_NOTICES = 12;

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
    ...unbalanced(fleet).map(([pixelId, by]) =>
      notice('bad', html`The ledger of ${labelIn(fleet, pixelId)} is out of balance by ${by}.`),
    ),
    ...expiryNotice(expiringSoon),
    ...drainsOf(fleet).map((drain) => drainNotice(drain, labelIn(fleet, drain.pixelId))),
    ...halted.map((pixel) => haltNotice(pixel, now)),
    ...fleet.pixels.flatMap((pixel) => parkedNotice(pixel, now)),
    ...fleet.pixels.flatMap(unreadableNotice),
  ];
  const good = html`Events flow, and every event that was consumed is accounted for.`;
  if (all.length === 0) return [notice('good', good)];
  const more = all.length - MOST_NOTICES;
  if (more <= 0) return all;
  const others = html`And ${formatCount(more)} more. <a href="${PATHS.lanes()}">Show the lanes</a>`;
  return [...all.slice(0, MOST_NOTICES), notice('warn', others)];
}

function notice(kind: 'good' | 'warn' | 'bad', words: Html): Html {
  return html`<p class="notice ${kind}">${words}</p>`;
}

function expiryNotice(events: number): Html[] {
  if (events === 0) return [];
  const show = html`<a href="${PATHS.groups('expires:<24h')}">Show them</a>`;
  const words = plural(events, 'dead letter expires', 'dead letters expire');
  return [notice('bad', html`${words} within 24 hours. ${show}`)];
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

function parkedNotice(pixel: PixelStatus, now: number): Html[] {
  const text = parkedText(pixel, now);
  return text === null ? [] : [notice(text.isUrgent ? 'bad' : 'warn', text.words)];
}

function haltNotice(pixel: PixelStatus, now: number): Html {
  const { lane, ledger } = pixel;
  const left = lane.until === null ? 0 : lane.until - now;
  const probe = left > 0 ? ` Next probe in ${formatAge(left)}.` : ' It is being probed.';
  const waiting = ledger.queued === 0 ? '' : ` ${plural(ledger.queued, 'event')} waiting.`;
  if (lane.state === 'paused') return notice('warn', pausedWords(pixel, lane, waiting));
  const why = lane.why === null ? '' : ` (${withoutFullStop(lane.why)})`;
  const { kind, words } = SHOWN_STATES[lane.state];
  return notice(kind, html`Pixel ${pixelLabel(pixel)} is ${words}${why}.${waiting}${probe}`);
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
