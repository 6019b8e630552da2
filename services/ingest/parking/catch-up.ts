import { setTimeout as sleep } from 'node:timers/promises';
import type { Intake, IntakeStore } from '#store/intake/writer.ts';
import type { ParkingOperation } from '#store/parking/operations.ts';
import { keptMs, type ParkedAt, type ParkedPlace, parkedName } from '#store/parking/ranges.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { IntakeBuilder } from '../intake/builder.ts';
import type { DuplicateWindow } from '../intake/duplicates.ts';
import type { PixelMappings } from '../intake/mappings.ts';
import type { Reader } from '../intake/reader.ts';
import { type GoneListeners, tellGone } from './gone-events.ts';
import type { LiveParking } from './live-parking.ts';
import type { ParkedLog } from './parked-log.ts';
import type { Shares } from './shares.ts';
import {
  type Due,
  loadSchemas,
  progressOf,
  readStretch,
  type SchemaDeps,
  STRETCH,
  type Stretch,
} from './stretch.ts';

export interface CatchUpDeps extends SchemaDeps, GoneListeners {
  readonly groupId: string;
  /** Every partition with parked ranges, of all groups. */
  readonly parked: () => Promise<readonly ParkedPlace[]>;
  readonly store: Pick<IntakeStore, 'write' | 'watermarks'>;
  /** Their own: what is read live must not wait for them. */
  readonly builder: IntakeBuilder;
  readonly reader: Pick<Reader, 'readParked' | 'mappings'>;
  /** As they are configured now. */
  readonly mappings: () => PixelMappings;
  readonly window: Pick<DuplicateWindow, 'onWritten' | 'onRefused'> | null;
  readonly parking: Pick<LiveParking, 'mark' | 'prune' | 'close'>;
  readonly shares: Pick<Shares, 'hasRoom' | 'add'>;
  readonly log: Pick<ParkedLog, 'fetch' | 'starts' | 'retention' | 'topicId' | 'close'>;
  readonly work: Pick<RedisWork, 'attempt' | 'retryUntilDone'>;
  /** Whether Redis is too full for anything more. */
  readonly isPaused: () => boolean;
  readonly maxBytes: number;
  readonly onRead: (at: ParkedAt, messages: number) => void;
  readonly onEnded: (pixelId: string, at: ParkedAt) => void;
  /** What failed is noted where it failed, and tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** Pixels of one write: Redis does nothing else meanwhile. */
const MOST_PIXELS = 500;

/** Between two looks while there is nothing to do, in ms. */
const LOOK_MS = 1000;

/**
 * Reads parked events again, in the partitions of this member, once their lanes have room. It sweeps over
 * each partition, and reads a stretch once for all pixels that are due there: a token that a thousand
 * pixels share does not make it read a thousand times. A stretch is written in one step with how far it
 * goes, and only while Redis has the range as it was read: two members cannot write the same one.
 */
export class CatchUp {
  private assigned: readonly ParkedAt[] = [];
  /** Topic and partition → where the sweep goes on. */
  private readonly positions = new Map<string, number>();
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  private readonly deps: CatchUpDeps;

  constructor(deps: CatchUpDeps) {
    this.deps = deps;
  }

  assign(assignment: Readonly<Record<string, readonly number[]>>): void {
    this.assigned = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
  }

  start(): void {
    this.running = this.run();
  }

  /** Ends between two writes. */
  async stop(): Promise<void> {
    this.stopping.abort();
    // No one waits for an answer of Kafka any more.
    await this.deps.log.close();
    await this.running;
    await this.deps.log.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const startedAt = performance.now();
      const isBusy = await this.look().catch((error: unknown) => {
        this.deps.onFailure(error);
        return false;
      });
      // Half of the time at most: what is read live goes first.
      const pauseMs = isBusy ? Math.ceil(performance.now() - startedAt) : LOOK_MS;
      await sleep(pauseMs, null, { signal }).catch(() => {});
    }
  }

  /**
   * Reads one stretch of each partition that has one due.
   * @returns whether there may be more at once
   */
  async look(): Promise<boolean> {
    const { parking, work, groupId } = this.deps;
    const { assigned } = this;
    this.deps.reader.mappings = this.deps.mappings();
    const marks = assigned.map((at) => parking.mark(at));
    const found = await work.attempt('parked', () => this.deps.parked());
    const byName = new Map(found.map((place) => [parkedName(place.groupId, place), place]));
    const places = assigned.map((at) => byName.get(parkedName(groupId, at)));
    assigned.forEach((at, index) => {
      parking.prune(at, places[index]?.ranges ?? new Map(), marks[index] ?? null);
    });
    let isBusy = false;
    for (const place of await this.continuous(places.filter((place) => place !== undefined))) {
      if (assigned !== this.assigned || this.stopping.signal.aborted) break;
      if (await this.turn(place)) isBusy = true;
    }
    return isBusy;
  }

  /** What fails in one partition keeps no other waiting. @returns whether there may be more at once */
  private async turn(place: ParkedPlace): Promise<boolean> {
    try {
      // Where a range has changed, the next look goes on with it as it is then.
      return (await this.note(place)) || (await this.readOn(place));
    } catch (error) {
      this.deps.onFailure(error);
      return false;
    }
  }

  /**
   * Those whose log is still the one in which events were parked. Of others the offsets may have other
   * messages by now: their ranges are closed when the partition is read.
   */
  private async continuous(places: readonly ParkedPlace[]): Promise<ParkedPlace[]> {
    const { store, work, log } = this.deps;
    if (places.length === 0) return [];
    const watermarks = await work.attempt('watermarks', () => store.watermarks(places));
    const ids = await Promise.all(places.map(({ topic }) => log.topicId(topic)));
    return places.filter(({ seen, topicId }, index) => {
      const watermark = watermarks[index] ?? null;
      const id = ids[index] ?? topicId;
      const isSame = topicId === null || topicId === id;
      return isSame && watermark?.haltedAt === null && watermark.offset >= (seen ?? 0);
    });
  }

  /** Notes what Kafka has deleted, and how long it keeps the rest. @returns whether anything was noted */
  private async note(place: ParkedPlace): Promise<boolean> {
    const { log } = this.deps;
    const { topic, partition, ranges } = place;
    const at = { topic, partition };
    const low = (await log.starts(topic)).get(partition) ?? 0;
    const retentionMs = await log.retention(topic);
    const timestamp = retentionMs === null || retentionMs < 0 ? -1 : Date.now() - retentionMs;
    const configured = this.configured();
    const operations: ParkingOperation[] = [...ranges].flatMap(([pixelId, { from }]) => {
      const kind = configured.has(pixelId) ? 'lose' : 'drop';
      return from < low ? [{ at, kind, pixelId, from, to: low, timestamp } as const] : [];
    });
    if (retentionMs !== null && keptMs(retentionMs) !== place.retentionMs)
      operations.push({ at, kind: 'keep', retentionMs });
    if (operations.length === 0) return false;
    const nothing = { envelopes: [], deadLetters: [], counts: new Map(), steps: [] };
    return this.write({ ...nothing, parking: operations }, place, low);
  }

  private async readOn(place: ParkedPlace): Promise<boolean> {
    const due = this.dueOf(place);
    const [first] = due;
    if (first === undefined) return false;
    const { topic, partition } = place;
    const key = `${topic}/${partition}`;
    const froms = due.map(([, { from }]) => from).sort((a, b) => a - b);
    const start = froms.find((from) => from >= (this.positions.get(key) ?? 0)) ?? first[1].from;
    const records = await this.deps.log.fetch({ topic, partition }, start);
    // If it has not changed since, the records are of the same topic, because ids are never reused.
    if ((await this.continuous([place])).length === 0) return false;
    await loadSchemas(this.deps, topic, records);
    this.deps.builder.clear();
    const stretch = await readStretch(this.deps, place, due, start, records);
    if (stretch.end === start) return false;
    this.positions.set(key, stretch.end);
    const intake = this.deps.builder.build('count', progressOf(stretch));
    if (intake !== null && (await this.write(intake, place, stretch.end))) this.follow(stretch);
    return true;
  }

  private configured(): ReadonlySet<string> {
    return new Set(this.deps.reader.mappings.pixels.map(({ pixelId }) => pixelId));
  }

  /** By where they go on. */
  private dueOf(place: ParkedPlace): Due {
    const { shares, isPaused } = this.deps;
    if (isPaused()) return [];
    const configured = this.configured();
    return [...place.ranges]
      .filter(([pixelId, { closed, from, to }]) => {
        if (!configured.has(pixelId)) return false;
        // New events of a closed range are queued already: the little that is left lets it park again.
        return (closed && to - from <= STRETCH) || shares.hasRoom(pixelId);
      })
      .sort(([, a], [, b]) => a.from - b.from)
      .slice(0, MOST_PIXELS);
  }

  /** @returns false when another member has changed a range, or some of its events are repeated */
  private async write(intake: Intake, place: ParkedPlace, to: number): Promise<boolean> {
    const { store, work, window } = this.deps;
    const told: Intake = {
      ...intake,
      onParkedGone: (gone) => tellGone(this.deps, place, to, gone),
    };
    const wanted = (): boolean => !this.stopping.signal.aborted;
    const result = await work.retryUntilDone('intake', () => store.write(told), wanted);
    if (result === 'written') window?.onWritten();
    else window?.onRefused(typeof result === 'object' && result !== null ? result.known : []);
    return result === 'written';
  }

  private follow({ at, end, covered, found }: Stretch): void {
    const { parking, shares, onRead, onEnded } = this.deps;
    for (const [pixelId, { to }] of covered) {
      const messages = found.get(pixelId) ?? 0;
      shares.add(pixelId, messages);
      if (messages > 0) onRead(at, messages);
      if (to - end <= STRETCH) parking.close(at, pixelId);
      if (to <= end) onEnded(pixelId, at);
    }
  }
}
