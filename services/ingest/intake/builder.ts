import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import type { NormalisedEvent } from '#core/event/server-event.ts';
import { writeRecord } from '#core/record/record.ts';
import type { DeadLetter } from '#store/dead-letters/script-arguments.ts';
import type { NewEnvelope } from '#store/intake/envelope.ts';
import { RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import type { Counts, Intake, WatermarkStep } from '#store/intake/writer.ts';
import { NO_PIXEL } from '#store/keys.ts';
import type { Sealer } from '#store/sealing.ts';
import { MOST_LINKS } from '#tracing/tracing.ts';
import type { Position } from '../kafka/positions.ts';
import { SourceList } from '../source-list.ts';

/** Why an envelope was closed. */
export type EnvelopeTrigger = 'count' | 'bytes' | 'linger' | 'stop';

export interface EnvelopeSize {
  readonly maxEvents: number;
  /** Of its records before they are compressed. */
  readonly maxBytes: number;
}

/** Told of each envelope as it is closed. */
export type OnEnvelope = (pixelId: string, events: number, trigger: EnvelopeTrigger) => void;

interface Slot {
  readonly lines: RecordLines;
  readonly id: string;
}

/**
 * Gathers what came of messages until it is taken into Redis as one intake. It knows no Kafka and
 * no clock: whoever holds it says when to cut.
 */
export class IntakeBuilder {
  /** Messages since the last cut. */
  messages = 0;
  /** Of records before they are compressed, and of the messages that dead letters hold. */
  bytes = 0;
  /** The traces of some of them. */
  traces: string[] = [];
  private slots = new Map<string, Slot>();
  private sources = new SourceList();
  private envelopes: NewEnvelope[] = [];
  private deadLetters: DeadLetter[] = [];
  private counts = new Map<string, Counts>();
  private steps = new Map<string, WatermarkStep>();
  private readonly sealer: Sealer;
  private readonly limits: EnvelopeSize;
  private readonly onEnvelope: OnEnvelope;
  private readonly run: string;
  private opened = 0;

  /** @param run a name that no other builder ever has */
  constructor(sealer: Sealer, limits: EnvelopeSize, onEnvelope: OnEnvelope, run: string) {
    this.run = run;
    this.sealer = sealer;
    this.limits = limits;
    this.onEnvelope = onEnvelope;
  }

  /** The record of an event, to be given to {@link addRecord} before the next cut. */
  recordOf(event: NormalisedEvent, kafka: KafkaCoordinates, trace: string | null): string {
    return writeRecord(event, kafka, this.sources.positionOf(kafka), trace);
  }

  /** Puts a record into the open envelope of its pixel. */
  addRecord(pixelId: string, record: string, kafka: KafkaCoordinates, trace: string | null): void {
    const slot = this.slotOf(pixelId, kafka);
    const before = slot.lines.byteLength;
    slot.lines.add(record);
    this.bytes += slot.lines.byteLength - before;
    if (trace !== null && this.traces.length < MOST_LINKS) this.traces.push(trace);
    this.count(pixelId, 'queued');
    if (slot.lines.count >= this.limits.maxEvents) this.close(pixelId, slot, 'count');
    else if (slot.lines.byteLength >= this.limits.maxBytes) this.close(pixelId, slot, 'bytes');
  }

  /** Counts an event that is left out on purpose. */
  countFiltered(pixelId: string | null): void {
    this.count(pixelId ?? NO_PIXEL, 'filtered');
  }

  /** Keeps a dead letter. */
  addDeadLetter(letter: DeadLetter): void {
    this.count(letter.facts.pixelId ?? NO_PIXEL, 'dead');
    this.bytes += letter.content.length;
    this.deadLetters.push(letter);
  }

  /** Says how far a partition has been read: from where the last cut left it, up to `next`. */
  step(topic: string, partition: number, { from, next, topicId }: Position): void {
    const key = `${topic}/${partition}`;
    const known = this.steps.get(key);
    this.steps.set(key, {
      topic,
      partition,
      from: known === undefined ? from : known.from,
      to: next,
      topicId,
    });
  }

  /** Everything gathered, or null when there is nothing; the builder is empty afterwards. */
  build(trigger: EnvelopeTrigger): Intake | null {
    if (this.steps.size === 0) return null;
    for (const [pixelId, slot] of this.slots) this.close(pixelId, slot, trigger);
    const { envelopes, deadLetters, counts } = this;
    const intake = { envelopes, deadLetters, counts, steps: [...this.steps.values()] };
    this.clear();
    return intake;
  }

  /** Forgets everything: it will be read again. */
  clear(): void {
    this.messages = 0;
    this.bytes = 0;
    this.traces = [];
    this.slots = new Map();
    this.sources = new SourceList();
    this.envelopes = [];
    this.deadLetters = [];
    this.counts = new Map();
    this.steps = new Map();
  }

  private close(pixelId: string, slot: Slot, trigger: EnvelopeTrigger): void {
    const name = { pixelId, id: slot.id };
    const data = sealEnvelope(this.sealer, name, this.sources.all, slot.lines);
    this.envelopes.push({ ...name, data });
    this.slots.delete(pixelId);
    this.onEnvelope(pixelId, slot.lines.count, trigger);
  }

  private slotOf(pixelId: string, kafka: KafkaCoordinates): Slot {
    const known = this.slots.get(pixelId);
    if (known !== undefined) return known;
    // BullMQ ignores an envelope whose id it holds. Offsets alone come again in a topic made anew.
    this.opened += 1;
    const id = `${kafka.topic}-${kafka.partition}-${kafka.offset}-${this.run}${this.opened}`;
    const slot = { lines: new RecordLines(), id };
    this.slots.set(pixelId, slot);
    return slot;
  }

  private count(pixelId: string, field: 'filtered' | 'dead' | 'queued'): void {
    let counts = this.counts.get(pixelId);
    if (counts === undefined) {
      counts = { consumed: 0, filtered: 0, dead: 0, queued: 0 };
      this.counts.set(pixelId, counts);
    }
    counts.consumed += 1;
    counts[field] += 1;
  }
}
