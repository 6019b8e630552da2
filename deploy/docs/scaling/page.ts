import { Random } from '#cli/produce/random.ts';
import { formatCount } from '#core/text/format.ts';
import { simulate } from './cell.ts';
import { type Costs, costsOf, MEASURED, usOf } from './costs.ts';
import { Draws } from './draws.ts';
import type { Course, Observed } from './observed.ts';
import { type Load, type Plan, planFor, redisCapacity } from './plan.ts';
import { defaultSettings, type Settings } from './settings.ts';

/**
 * Most answers of Meta take less than 600 ms.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/support
 */
const ANSWERS = { median: 0.3, p90: 0.6 };

const ASKED = { peak: 2, utilisation: 0.6 };
const LOADS: readonly Load[] = [
  { eventsPerSecond: 10_000, pixels: 10, ...ASKED },
  { eventsPerSecond: 100_000, pixels: 100, ...ASKED },
  { eventsPerSecond: 1_000_000, pixels: 1000, ...ASKED },
];
const SIZES = [250, 100, 25, 5, 1];
const LINGERS_MS = [50, 200, 1000];

const CALM: Course = { seconds: 7, countedFrom: 2, pause: null };
/** A failover of Redis, and the time to catch up after it. */
const FAILOVER: Course = { seconds: 45, countedFrom: 2, pause: { at: 7, seconds: 10 } };

export interface Scaled {
  readonly load: Load;
  readonly plan: Plan;
  readonly costs: Costs;
  /** One of the cells in its busiest hour. */
  readonly seen: Observed;
}

export function scale(load: Load, settings: Settings, course: Course = FAILOVER): Scaled {
  const costs = costsOf(MEASURED);
  const plan = planFor(load, costs, settings);
  const draws = new Draws(new Random('scaling'));
  const seen = simulate({ ...plan, costs, settings, answers: ANSWERS }, course, draws);
  return { load, plan, costs, seen };
}

/** The page with its tables made again: each is known by its first line. */
export function scalingPage(page: string): string {
  const tables = [costTable, capacityTable, fleetTable, metaTable, lingerTable];
  return tables.reduce((text, make) => withTable(text, make()), page);
}

function withTable(page: string, table: string): string {
  const head = table.slice(0, table.indexOf('\n') + 1);
  const [before, after, ...more] = page.split(head);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`the page has to have one table that begins with: ${head}`);
  }
  return `${before}${table}${after.replace(/^(?:\|.*\n)*/, '')}`;
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function costTable(): string {
  const costs = costsOf(MEASURED);
  const { full, quiet } = MEASURED;
  const row = (name: string, key: 'ingest' | 'worker' | 'redis'): string[] => {
    const us = (envelopeEvents: number) => usOf(costs[key], envelopeEvents).toFixed(1);
    return [name, us(full.envelopeEvents), us(quiet.envelopeEvents)];
  };
  return tableOf(
    [
      'µs of CPU an event',
      `${Math.round(full.envelopeEvents)} events an envelope`,
      `${Math.round(quiet.envelopeEvents)} events an envelope`,
    ],
    [row('ingest', 'ingest'), row('worker', 'worker'), row('Redis', 'redis')],
  );
}

function capacityTable(): string {
  const costs = costsOf(MEASURED);
  const rows = SIZES.map((size) => {
    const rate = redisCapacity(costs, size, ASKED.utilisation);
    return [
      String(size),
      usOf(costs.redis, size).toFixed(1),
      rounded(rate),
      `${rounded((rate * costs.trafficBytes) / 1e6)} MB/s`,
    ];
  });
  return tableOf(
    ['events an envelope', 'Redis, µs an event', 'events a second at 60 % of a core', 'traffic'],
    rows,
  );
}

let scaledLoads: readonly Scaled[] | null = null;

function allScaled(): readonly Scaled[] {
  scaledLoads ??= LOADS.map((load) => scale(load, defaultSettings()));
  return scaledLoads;
}

function fleetTable(): string {
  const rows = allScaled().map(({ load, plan, seen }) => [
    formatCount(load.eventsPerSecond),
    formatCount(load.pixels),
    times(plan.cells, 1),
    times(plan.cells, plan.partitions),
    times(plan.cells, plan.ingests),
    times(plan.cells, plan.workers),
    ...[seen.busy.ingest, seen.busy.worker, seen.busy.redis].map(
      (part) => `${Math.round(part * 100)} %`,
    ),
    `${seconds(seen.p50)} / ${seconds(seen.p99)}`,
    `${Math.round(seen.recoveredAfter ?? 0)} s`,
  ]);
  const names = ['events a second', 'pixels', 'Redis', 'partitions', 'ingests', 'workers'];
  const shown = ['ingest busy', 'worker busy', 'Redis busy', 'age p50 / p99', 'after a failover'];
  return tableOf([...names, ...shown], rows);
}

function metaTable(): string {
  const rows = allScaled().map(({ load, plan, seen, costs }) => {
    const requests = seen.requestsPerSecond * plan.cells;
    const answerSeconds =
      ANSWERS.median * Math.exp((Math.log(ANSWERS.p90 / ANSWERS.median) / 1.2816) ** 2 / 2);
    return [
      formatCount(load.eventsPerSecond),
      String(Math.round(seen.deliveredPerSecond / seen.requestsPerSecond)),
      rounded(requests),
      rounded(requests / load.pixels),
      rounded(requests * answerSeconds),
      `${rounded((load.eventsPerSecond * 3600 * costs.memoryBytes) / plan.cells / 1e9)} GB`,
    ];
  });
  return tableOf(
    [
      'events a second, usually',
      'events a request',
      'requests a second',
      'of each pixel',
      'in flight',
      'each Redis holds an hour in',
    ],
    rows,
  );
}

function lingerTable(): string {
  const cases = LOADS.slice(1).flatMap((load) => LINGERS_MS.map((ms) => ({ load, ms })));
  const rows = cases.map(({ load, ms }) => {
    const linger = ms / 1000;
    const settings = { ...defaultSettings(), envelopeLinger: linger, requestLinger: linger };
    const { plan, seen } = scale(load, settings, CALM);
    return [
      formatCount(load.eventsPerSecond),
      `${formatCount(ms)} ms`,
      String(plan.cells),
      times(plan.cells, plan.ingests),
      times(plan.cells, plan.workers),
      rounded(seen.requestsPerSecond * plan.cells),
      `${seconds(seen.p50)} / ${seconds(seen.p99)}`,
    ];
  });
  return tableOf(
    [
      'events a second',
      'both lingers',
      'Redis',
      'ingests',
      'workers',
      'requests a second',
      'age p50 / p99',
    ],
    rows,
  );
}

function times(cells: number, each: number): string {
  return cells === 1 || each === 1 ? formatCount(cells * each) : `${cells} × ${each}`;
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

/** With two digits that count: more would claim what a model cannot know. */
function rounded(value: number): string {
  return value < 10 ? value.toFixed(1) : formatCount(Number(value.toPrecision(2)));
}
