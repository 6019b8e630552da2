import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import type { NormalisedEvent } from '#core/event/server-event.ts';
import { writeRecord } from '#core/record/record.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import {
  type EnvelopeSource,
  type NewEnvelope,
  RecordLines,
  sealEnvelope,
} from '#store/intake/envelope.ts';
import type { WatermarkStep } from '#store/intake/watermarks.ts';
import type { Counts, Intake } from '#store/intake/writer.ts';
import { NO_PIXEL } from '#store/keys.ts';
import type { ParkingOperation } from '#store/parking/operations.ts';
import type { ReceiptFacts } from '#store/receipts/receipt.ts';
import type { Sealer } from '#store/sealing.ts';
import { MOST_LINKS } from '#tracing/tracing.ts';
import type { IngestCounters } from '../counters.ts';
import type { Position } from '../kafka/positions.ts';
import type { LiveParking } from '../parking/live-parking.ts';
import type { DuplicateWindow } from './duplicates.ts';
import type { IntakeReceipts } from './receipts.ts';

/** Why an envelope was closed. */
export type EnvelopeTrigger = 'count' | 'bytes' | 'linger' | 'stop';

/** When an envelope is full. */
interface EnvelopeSize {
  readonly maxEvents: number;
  /** Of its records before they are compressed. */
  readonly maxBytes: number;
}

/** An envelope that is still open. */
interface Slot {
  readonly lines: RecordLines;
  readonly id: string;
}

type OwnCounts = Counts & { parked: number; readonly reasons: Map<string, number> };

/**
 * Collects the results of messages until they are written to Redis as one intake. It knows neither Kafka
 * nor time: its owner says when to build.
 */
export class IntakeBuilder {
  /** Messages since the last intake was built. */
  messages = 0;
  /** The traces of some of them. */
  traces: string[] = [];
  private slots = new Map<string, Slot>();
  /** The topics and partitions that records were read from, each once, and their positions. */
  private sources: EnvelopeSource[] = [];
  private sourcePositions = new Map<string, number>();
  private envelopes: NewEnvelope[] = [];
  private deadLetters: NewDeadLetter[] = [];
  private counts = new Map<string, OwnCounts>();
  private steps = new Map<string, WatermarkStep>();
  private readonly sealer: Sealer;
  private readonly size: EnvelopeSize;
  private readonly counters: Pick<IngestCounters, 'envelope'>;
  private readonly run: string;
  /** Null where no receipts are kept. */
  private readonly receipts: Pick<IntakeReceipts, 'add' | 'take'> | null;
  /** Null where repeated events are not recognised. */
  private readonly window: Pick<DuplicateWindow, 'take' | 'clear' | 'bytes'> | null;
  /** Null where parked events are read again. */
  private readonly parking: Pick<LiveParking, 'take'> | null;
  private opened = 0;
  private collected = 0;

  /** @param run a name that no other builder ever has */
  constructor(
    sealer: Sealer,
    size: EnvelopeSize,
    counters: Pick<IngestCounters, 'envelope'>,
    run: string,
    receipts: Pick<IntakeReceipts, 'add' | 'take'> | null = null,
    window: Pick<DuplicateWindow, 'take' | 'clear' | 'bytes'> | null = null,
    parking: Pick<LiveParking, 'take'> | null = null,
  ) {
    this.parking = parking;
    this.run = run;
    this.sealer = sealer;
    this.size = size;
    this.counters = counters;
    this.receipts = receipts;
    this.window = window;
  }

  /**
   * Of records before they are compressed, of the messages that dead letters hold, and of what receipts
   * and the window name: a message that is filtered for a thousand pixels has a thousand names.
   */
  get bytes(): number {
    return this.collected + (this.window?.bytes ?? 0);
  }

  /** The record of an event, to be passed to {@link addRecord} before the next intake is built. */
  recordOf(event: NormalisedEvent, kafka: KafkaCoordinates, trace: string | null): string {
    return writeRecord(event, kafka, this.sourceOf(kafka), trace);
  }

  /**
   * Puts a record into the open envelope of its pixel.
   * @param name its message's, for its receipt
   */
  addRecord(
    pixelId: string,
    record: string,
    kafka: KafkaCoordinates,
    trace: string | null,
    name: Buffer | null = null,
  ): void {
    const slot = this.slotOf(pixelId, kafka);
    const before = slot.lines.byteLength;
    slot.lines.add(record);
    this.collected += slot.lines.byteLength - before;
    if (trace !== null && this.traces.length < MOST_LINKS) this.traces.push(trace);
    this.count(pixelId, 'queued');
    this.tell({ pixelId, outcome: 'queued', envelope: slot.id }, name);
    if (slot.lines.count >= this.size.maxEvents) this.close(pixelId, slot, 'count');
    else if (slot.lines.byteLength >= this.size.maxBytes) this.close(pixelId, slot, 'bytes');
  }

  /** Counts an event that is left out on purpose. */
  countFiltered(pixelId: string | null, reason: string, name: Buffer | null = null): void {
    const { reasons } = this.count(pixelId ?? NO_PIXEL, 'filtered');
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    this.tell({ pixelId, outcome: 'filtered', reason }, name);
  }

  /** Counts an event that stays in Kafka. */
  countParked(pixelId: string, name: Buffer | null = null): void {
    this.count(pixelId, 'parked');
    this.tell({ pixelId, outcome: 'parked' }, name);
  }

  addDeadLetter(letter: NewDeadLetter, name: Buffer | null = null): void {
    const { pixelId, reason } = letter.facts;
    this.count(pixelId ?? NO_PIXEL, 'dead');
    this.tell({ pixelId, outcome: 'dead', reason }, name);
    this.collected += letter.content.length;
    this.deadLetters.push(letter);
  }

  /** Records how far a partition has been read: up to `next`, from where the last intake ended. */
  step(topic: string, partition: number, { from, next, topicId }: Position): void {
    const key = `${topic}/${partition}`;
    const known = this.steps.get(key);
    const start = known === undefined ? from : known.from;
    this.steps.set(key, { topic, partition, from: start, to: next, topicId });
  }

  /**
   * Everything collected, or null when there is nothing; the builder is empty afterwards.
   * @param progress how far parked events were read again, in an intake of them
   */
  build(trigger: EnvelopeTrigger, progress: readonly ParkingOperation[] = []): Intake | null {
    if (this.steps.size === 0 && progress.length === 0) return null;
    for (const [pixelId, slot] of this.slots) this.close(pixelId, slot, trigger);
    const { envelopes, deadLetters, counts, window } = this;
    const receipts = this.receipts?.take() ?? [];
    const steps = [...this.steps.values()];
    const parking = [...progress, ...(this.parking?.take(steps) ?? [])];
    const intake = { envelopes, deadLetters, counts, steps, receipts, parking };
    this.reset();
    return window === null ? intake : { ...intake, names: window.take() };
  }

  /** Discards everything: it will be read again. */
  clear(): void {
    this.reset();
    this.receipts?.take();
    this.window?.clear();
  }

  private tell(facts: ReceiptFacts, name: Buffer | null): void {
    if (name === null || this.receipts === null) return;
    this.receipts.add(facts, name);
    this.collected += name.length;
  }

  private reset(): void {
    this.messages = 0;
    this.collected = 0;
    this.traces = [];
    this.slots = new Map();
    this.sources = [];
    this.sourcePositions = new Map();
    this.envelopes = [];
    this.deadLetters = [];
    this.counts = new Map();
    this.steps = new Map();
  }

  private close(pixelId: string, slot: Slot, trigger: EnvelopeTrigger): void {
    const name = { pixelId, id: slot.id };
    const data = sealEnvelope(this.sealer, name, this.sources, slot.lines);
    this.envelopes.push({ ...name, data });
    this.slots.delete(pixelId);
    this.counters.envelope(pixelId, slot.lines.count, trigger);
  }

  private slotOf(pixelId: string, kafka: KafkaCoordinates): Slot {
    const known = this.slots.get(pixelId);
    if (known !== undefined) return known;
    // BullMQ ignores an envelope whose id it holds, and a recreated topic has the same offsets again.
    this.opened += 1;
    const id = `${kafka.topic}-${kafka.partition}-${kafka.offset}-${this.run}${this.opened}`;
    const slot = { lines: new RecordLines(), id };
    this.slots.set(pixelId, slot);
    return slot;
  }

  /** The position of a record's source in the list of sources. */
  private sourceOf({ topic, partition }: KafkaCoordinates): number {
    const key = `${topic}/${partition}`;
    const known = this.sourcePositions.get(key);
    if (known !== undefined) return known;
    const position = this.sources.push([topic, partition]) - 1;
    this.sourcePositions.set(key, position);
    return position;
  }

  private count(pixelId: string, field: 'filtered' | 'dead' | 'queued' | 'parked'): OwnCounts {
    let counts = this.counts.get(pixelId);
    if (counts === undefined) {
      counts = { consumed: 0, filtered: 0, dead: 0, queued: 0, parked: 0, reasons: new Map() };
      this.counts.set(pixelId, counts);
    }
    counts.consumed += 1;
    counts[field] += 1;
    return counts;
  }
}
