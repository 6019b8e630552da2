import { Agenda, Thread } from './agenda.ts';
import type { Cost, Costs } from './costs.ts';
import type { Draws } from './draws.ts';
import { type Envelope, LaneModel } from './lane-model.ts';
import { type Course, type Delivery, type Observed, observe } from './observed.ts';
import type { Settings } from './settings.ts';

/** A Redis, with the processes and the pixels that use it. */
export interface Cell {
  /** Over all pixels, which share them evenly. */
  readonly eventsPerSecond: number;
  readonly pixels: number;
  readonly ingests: number;
  readonly workers: number;
  readonly costs: Costs;
  readonly settings: Settings;
  /** How long Meta takes to answer, in seconds. */
  readonly answers: { readonly median: number; readonly p90: number };
}

/** Messages that ingest reads at once, when it is behind. */
const READ_AT_ONCE = 10_000;

/** Lets events pass through a cell, one envelope and one request at a time. */
export function simulate(cell: Cell, course: Course, draws: Draws): Observed {
  const simulation = new Simulation(cell, draws);
  return observe(simulation.run(course), course);
}

interface Worker {
  readonly thread: Thread;
  readonly lanes: readonly LaneModel[];
}

class Simulation {
  private readonly agenda = new Agenda();
  private readonly redis = new Thread(this.agenda);
  private readonly ingests: readonly Thread[];
  private readonly workers: readonly Worker[];
  /** The envelopes in Redis that no worker has taken, of each pixel. */
  private readonly queues: Envelope[][];
  private readonly deliveries: Delivery[] = [];
  private readonly cell: Cell;
  private readonly draws: Draws;
  private requests = 0;

  constructor(cell: Cell, draws: Draws) {
    this.cell = cell;
    this.draws = draws;
    const pixels = Array.from({ length: cell.pixels }, (_, pixel) => pixel);
    this.queues = pixels.map(() => []);
    this.ingests = Array.from({ length: cell.ingests }, () => new Thread(this.agenda));
    this.workers = Array.from({ length: cell.workers }, () => this.createWorker(pixels));
  }

  run({ seconds, countedFrom, pause }: Course) {
    const { agenda, redis, ingests, workers } = this;
    for (const thread of ingests) {
      agenda.plan(this.draws.share() * this.cell.settings.envelopeLinger, () =>
        this.read(thread, 0),
      );
    }
    if (pause !== null) agenda.plan(pause.at, () => redis.pause(pause.seconds));
    const busy = () => ({
      ingest: Math.max(...ingests.map((each) => each.busy)),
      redis: redis.busy,
      worker: Math.max(...workers.map(({ thread }) => thread.busy)),
      requests: this.requests,
    });
    agenda.runUntil(countedFrom);
    const before = busy();
    agenda.runUntil(pause?.at ?? seconds);
    const after = busy();
    agenda.runUntil(seconds);
    return { before, after, deliveries: this.deliveries };
  }

  private createWorker(pixels: readonly number[]): Worker {
    const { agenda, draws, cell } = this;
    const requests = { inFlight: 0 };
    const worker: Worker = {
      thread: new Thread(agenda),
      lanes: pixels.map(
        (pixel) =>
          new LaneModel({
            agenda,
            settings: cell.settings,
            requests,
            answerTime: () => draws.latency(cell.answers),
            delivered: (bornAt, events) =>
              this.deliveries.push({ at: agenda.now, age: agenda.now - bornAt, events }),
            ended: () => {
              this.requests += 1;
              this.takeFor(worker, pixel);
              this.sendAfter(worker, pixel, requests);
            },
          }),
      ),
    };
    return worker;
  }

  /** A place for a request is free: for this pixel, and for another one where the worker had none. */
  private sendAfter({ lanes }: Worker, pixel: number, { inFlight }: { inFlight: number }): void {
    const full = inFlight === this.cell.settings.requestsPerWorker - 1;
    const first = full ? this.draws.below(lanes.length) : pixel;
    const tried = full ? lanes.length : 1;
    for (let step = 0; step < tried; step += 1) lanes[(first + step) % lanes.length]?.send();
  }

  /** Ingest reads what came since, maps it, writes it, and reads on when Redis has it. */
  private read(thread: Thread, from: number): void {
    const { agenda, cell, draws, redis } = this;
    const { settings, costs } = cell;
    const rate = cell.eventsPerSecond / cell.ingests;
    const to = Math.min(agenda.now, from + READ_AT_ONCE / rate);
    const read: { pixel: number; envelope: Envelope }[] = [];
    for (let pixel = 0; pixel < cell.pixels; pixel += 1) {
      let events = draws.arrivals((rate / cell.pixels) * (to - from));
      for (; events > 0; events -= settings.envelopeEvents) {
        const bornAt = from + draws.share() * (to - from);
        const open = Math.min(events, settings.envelopeEvents);
        read.push({ pixel, envelope: { bornAt, open } });
      }
    }
    const events = read.reduce((sum, { envelope }) => sum + envelope.open, 0);
    const seconds = (cost: Cost) => (cost.envelopeUs * read.length + cost.eventUs * events) / 1e6;
    thread.work(seconds(costs.ingest), () =>
      redis.work(seconds(costs.redis) * costs.redisIngestShare, () => {
        for (const { pixel, envelope } of read) this.enqueue(pixel, envelope);
        agenda.plan(to + settings.envelopeLinger, () => this.read(thread, to));
      }),
    );
  }

  private enqueue(pixel: number, envelope: Envelope): void {
    this.queues[pixel]?.push(envelope);
    const { workers } = this;
    const first = this.draws.below(workers.length);
    for (let step = 0; step < workers.length; step += 1) {
      const worker = workers[(first + step) % workers.length];
      if (worker !== undefined && this.takeFor(worker, pixel)) return;
    }
  }

  /** A worker takes the oldest envelope of a pixel; false where none waits, or it holds enough. */
  private takeFor({ thread, lanes }: Worker, pixel: number): boolean {
    const [lane, queue] = [lanes[pixel], this.queues[pixel]];
    const { costs, settings } = this.cell;
    if (lane === undefined || lane.held >= settings.envelopesPerPixel) return false;
    const envelope = queue?.shift();
    if (envelope === undefined) return false;
    lane.held += 1;
    const seconds = (cost: Cost) => (cost.envelopeUs + cost.eventUs * envelope.open) / 1e6;
    this.redis.work(seconds(costs.redis) * (1 - costs.redisIngestShare), () =>
      thread.work(seconds(costs.worker), () => lane.add(envelope)),
    );
    return true;
  }
}
