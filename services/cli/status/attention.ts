import type { Caution } from '#config/cautions.ts';
import { withoutFullStop } from '#core/delivery/halt.ts';
import { endsSoon, parkedWords } from '#core/delivery/parked.ts';
import { pixelLabel } from '#core/pixel-names.ts';
import { formatAge, formatCount, plural } from '#core/text/format.ts';
import { NO_PIXEL } from '#store/keys.ts';
import { type Drain, drainsOf } from '#store/status/filtered.ts';
import { type FleetStatus, labelIn, type PixelStatus, unbalanced } from '#store/status/fleet.ts';
import type { KafkaReading } from './kafka-source.ts';
import type { ReplayableReading } from './redis-sources.ts';
import type { Status } from './status.ts';

/** `now`: it gets worse until a person acts. `soon`: not urgent; it may resolve by itself. */
type Urgency = 'now' | 'soon';

/** Something that needs attention, and the next command. */
export interface Demand {
  readonly urgency: Urgency;
  readonly words: string;
  readonly next: string;
}

/** What the demands depend on besides the readings. */
export interface Setting {
  /** The --config flag for commands to copy; empty when it is not needed. */
  readonly config: string;
  /** Used share of Redis's memory at which ingest waits. */
  readonly fullAt: number;
  /** What the configuration itself calls attention to. */
  readonly cautions: readonly Caution[];
}

/** The freshness objective, in ms. */
const STALE_MS = 5 * 60_000;
/** Longest wait of an envelope while any worker is running, in ms. */
const UNTAKEN_MS = 30_000;

/** Everything that needs attention, the most urgent first. */
export function attention(status: Status, setting: Setting): Demand[] {
  const { kafka, flow, at } = status;
  const capi = (words: string): string => `capi-relay ${words}${setting.config}`;
  const demands = [
    ...(flow.ok ? [] : [now(`Redis cannot be read: ${flow.error}`, capi('check'))]),
    ...(kafka.ok ? [] : [now(`Kafka cannot be read: ${kafka.error}`, capi('check'))]),
    ...(flow.ok ? flowDemands(flow.value, setting, at, capi) : []),
    ...(kafka.ok ? kafkaDemands(kafka.value, capi) : []),
    ...deadLetterDemands(status, capi),
    ...replayDemands(status, capi),
    ...setting.cautions.map(({ level, subject, problem }) =>
      (level === 'failure' ? now : soon)(`${subject}: ${problem}`, capi('check')),
    ),
  ];
  return demands.sort((a, b) => Number(a.urgency === 'soon') - Number(b.urgency === 'soon'));
}

type Capi = (words: string) => string;

function kafkaDemands(kafka: KafkaReading, capi: Capi): Demand[] {
  const { members, unassigned, strangers, halted } = kafka;
  if (members === 0) return [now('no ingest reads from Kafka', capi('ingest'))];
  return [
    ...halted.map((place) =>
      now(`partition ${place} is halted: its log was truncated`, capi('partitions')),
    ),
    ...strangers.map((who) =>
      now(
        `${who} reads in this consumer group, but writes to another Redis or prefix`,
        capi('check'),
      ),
    ),
    ...Object.entries(unassigned).map(([topic, partitions]) =>
      soon(`no ingest reads partition ${partitions.join(', ')} of topic ${topic}`, capi('check')),
    ),
  ];
}

function flowDemands(flow: FleetStatus, { fullAt }: Setting, at: number, capi: Capi): Demand[] {
  const full = `Redis is ${percent(flow.memoryRatio)} full: ingest waits for free memory`;
  return [
    ...unbalanced(flow).map(([pixelId, by]) =>
      now(
        `the ledger of ${labelIn(flow, pixelId)} is out of balance by ${by}`,
        capi('dead-letters summary'),
      ),
    ),
    ...drainsOf(flow).map((drain) => drainDemand(drain, labelIn(flow, drain.pixelId), capi)),
    ...flow.pixels.flatMap((pixel) => unreadableDemands(pixel, capi)),
    ...flow.pixels.flatMap((pixel) => laneDemands(pixel, at, capi)),
    ...flow.pixels.flatMap((pixel) => parkedDemands(pixel, at, capi)),
    ...(flow.memoryRatio >= fullAt ? [now(full, capi('dead-letters summary'))] : []),
  ];
}

const MOST_REASONS = 2;

function unreadableDemands(pixel: PixelStatus, capi: Capi): Demand[] {
  const { envelopes, reasons } = pixel.unreadable;
  const label = pixelLabel(pixel);
  if (envelopes === 0) return [];
  const what = envelopes === 1 ? '1 envelope does' : `${envelopes} envelopes do`;
  const why = reasons.slice(0, MOST_REASONS).join('; ');
  return [now(`${what} not open for pixel ${label} (${why}): see sealing.keys`, capi('check'))];
}

/** Shows the newest events and what becomes of them. */
const NEWEST = 'preview --readable --from-kafka 5';

/** Events come in, and none of them goes on. */
function drainDemand(
  { pixelId, events, reason, certain }: Drain,
  label: string,
  capi: Capi,
): Demand {
  const why = reason === null ? '' : ` (${reason})`;
  const row = `the last ${plural(events, 'event')}`;
  const words =
    pixelId === NO_PIXEL
      ? `events are consumed, but none is delivered: ${row} went to no pixel${why}; see kafka.topics, events.where and events.allow`
      : `events of pixel ${label} are consumed, but none is delivered: ${row} were filtered${why}`;
  return (certain ? now : soon)(words, capi(NEWEST));
}

function laneDemands(pixel: PixelStatus, at: number, capi: Capi): Demand[] {
  const { configured, lane, ledger, active, oldestAt, unreadable } = pixel;
  const label = pixelLabel(pixel);
  const waits = `${plural(ledger.queued, 'event')} wait`;
  const waitedMs = oldestAt === null ? 0 : at - oldestAt;
  if (!configured) {
    if (ledger.queued === 0) return [];
    return [soon(`${waits} for pixel ${label}, which is not configured`, capi('check'))];
  }
  const why = withoutFullStop(lane.why ?? '');
  switch (lane.state) {
    case 'blocked':
      return [now(`pixel ${label} is blocked (${why}); ${waits}`, capi('check'))];
    case 'paused':
      return [soon(`pixel ${label} is ${why}; ${waits}`, capi(`lanes resume ${pixel.pixelId}`))];
    case 'failing':
      return [soon(`requests for pixel ${label} fail (${why}); ${waits}`, capi('check'))];
    case 'throttled':
      return [soon(`Meta throttles pixel ${label}; ${waits}`, capi('status --watch'))];
  }
  // Workers are there; what waits is what they cannot open.
  if (unreadable.envelopes > 0) return [];
  const waited = `the oldest for ${formatAge(waitedMs)}`;
  if (active === 0 && waitedMs > UNTAKEN_MS) {
    return [now(`no worker serves pixel ${label}: ${waits}, ${waited}`, capi('worker'))];
  }
  if (waitedMs <= STALE_MS) return [];
  return [soon(`pixel ${label} is behind: ${waits}, ${waited}`, capi('worker'))];
}

function parkedDemands(pixel: PixelStatus, at: number, capi: Capi): Demand[] {
  const { parked, configured, pixelId } = pixel;
  if (parked === null) return [];
  const words = `pixel ${pixelLabel(pixel)} has ${parkedWords(parked, at)}`;
  if (!configured) return [now(`${words}; it is not configured`, capi('check'))];
  return [(endsSoon(parked, at) ? now : soon)(words, capi(`lanes list --pixel ${pixelId}`))];
}

function deadLetterDemands({ deadLetters, replayable }: Status, capi: Capi): Demand[] {
  if (!deadLetters.ok) return [];
  const { held, expired, within, acknowledged } = deadLetters.value;
  const expiring = within['24h'] - acknowledged.soon;
  const rest = held - acknowledged.held - (expired - acknowledged.expired) - expiring;
  const demands: Demand[] = [];
  if (expiring > 0) {
    const losing = plural(expiring, 'dead letter expires', 'dead letters expire');
    const words = `${losing} within 24 hours; ${replayableWords(replayable, (all) => all.soon - all.acknowledged.soon)}`;
    demands.push(now(words, capi("dead-letters summary --where 'expires:<24h'")));
  }
  if (rest > 0) {
    const replayed = replayableWords(replayable, demandingLater);
    const words = `${plural(rest, 'dead letter')} with more time; ${replayed}`;
    demands.push(soon(words, capi('dead-letters summary')));
  }
  return demands;
}

function demandingLater({ replayable, soon, acknowledged }: ReplayableReading): number {
  return replayable - soon - (acknowledged.replayable - acknowledged.soon);
}

function replayableWords(
  reading: Status['replayable'],
  of: (all: ReplayableReading) => number,
): string {
  if (!reading.ok) return 'how many can be replayed is not known';
  const { partial, assessed } = reading.value;
  const n = of(reading.value);
  const among = partial ? ` of the oldest ${formatCount(assessed)}` : '';
  const how = n === 0 ? ' with the current settings' : '';
  return `${n === 0 ? 'none' : formatCount(n)}${among} can be replayed${how}`;
}

function replayDemands({ replays }: Status, capi: Capi): Demand[] {
  if (!replays.ok) return [];
  return replays.value.flatMap(({ id, state, why, waits }) => {
    if (waits) return [soon(`replay ${id} waits: no control process is running`, capi('control'))];
    if (state === 'running') return [];
    const words = `replay ${id} is ${state}${why === null ? '' : ` (${why})`}`;
    return [soon(words, capi(`replay status ${id}`))];
  });
}

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(0)} %`;
}

function now(words: string, next: string): Demand {
  return { urgency: 'now', words, next };
}

function soon(words: string, next: string): Demand {
  return { urgency: 'soon', words, next };
}
