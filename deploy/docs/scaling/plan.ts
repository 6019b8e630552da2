import { type Costs, usOf } from './costs.ts';
import type { Settings } from './settings.ts';

/** What is asked of a fleet. */
export interface Load {
  /** In the usual hours, over all pixels. */
  readonly eventsPerSecond: number;
  readonly pixels: number;
  /** How many times the usual rate the busiest hour has. */
  readonly peak: number;
  /** The part of a thread that may be busy in that hour: the rest is for catching up. */
  readonly utilisation: number;
}

export interface Plan {
  /** Each has a Redis of its own. */
  readonly cells: number;
  /** Of each cell. */
  readonly ingests: number;
  readonly partitions: number;
  readonly workers: number;
  readonly pixels: number;
  /** In the busiest hour. */
  readonly eventsPerSecond: number;
  readonly envelopeEvents: number;
}

/** The second one is there when the machine of the first one dies. */
const AT_LEAST = 2;
/** Ingest can grow up to this many times, before the topic needs more partitions. */
const GROWTH = 2;

/** The smallest number of cells, and of processes in each, that keeps every thread below the load's limit. */
export function planFor(load: Load, costs: Costs, settings: Settings): Plan {
  for (let cells = 1; ; cells += 1) {
    const plan = planCells(load, cells, { costs, settings });
    const redisUs = usOf(costs.redis, plan.envelopeEvents);
    // A cell with one pixel and one event an envelope cannot become smaller.
    if (fits(plan.eventsPerSecond, redisUs, load) || cells >= load.pixels) return plan;
  }
}

interface Given {
  readonly costs: Costs;
  readonly settings: Settings;
}

function planCells(load: Load, cells: number, { costs, settings }: Given): Plan {
  const eventsPerSecond = (load.eventsPerSecond * load.peak) / cells;
  const pixels = Math.ceil(load.pixels / cells);
  // More ingests have smaller envelopes, which cost more: only trying tells how many do.
  let ingests = AT_LEAST;
  let envelopeEvents = meanEnvelope(eventsPerSecond / ingests / pixels, settings);
  while (!fits(eventsPerSecond / ingests, usOf(costs.ingest, envelopeEvents), load)) {
    ingests += 1;
    envelopeEvents = meanEnvelope(eventsPerSecond / ingests / pixels, settings);
  }
  const workerUs = eventsPerSecond * usOf(costs.worker, envelopeEvents);
  const workers = Math.max(AT_LEAST, Math.ceil(workerUs / 1e6 / load.utilisation));
  const partitions = ingests * GROWTH;
  return { cells, ingests, partitions, workers, pixels, eventsPerSecond, envelopeEvents };
}

/** Events of an envelope that is closed when it is full or has waited, at this rate of its pixel. */
function meanEnvelope(rate: number, { envelopeEvents, envelopeLinger }: Settings): number {
  return Math.min(envelopeEvents, Math.max(1, rate * envelopeLinger));
}

function fits(eventsPerSecond: number, us: number, { utilisation }: Load): boolean {
  return (eventsPerSecond * us) / 1e6 <= utilisation;
}

/** Events a second that one Redis carries in envelopes of this size. */
export function redisCapacity(costs: Costs, envelopeEvents: number, utilisation: number): number {
  return (utilisation * 1e6) / usOf(costs.redis, envelopeEvents);
}
