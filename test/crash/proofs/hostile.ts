import { randomBytes } from 'node:crypto';
import { generateMessages } from '#cli/produce/generator.ts';
import { Random } from '#cli/produce/random.ts';
import { parsePixelSettings } from '#config/load.ts';
import { readMessage, readTimestamp } from '#core/event/kafka-message.ts';
import { formatCount } from '#core/text/format.ts';
import { IntakeBuilder } from '#ingest/intake/builder.ts';
import { createMappings } from '#ingest/intake/mappings.ts';
import { Reader } from '#ingest/intake/reader.ts';
import { readFacts, writeFacts } from '#store/dead-letters/pages/page.ts';
import { createSealer } from '#store/sealing.ts';
import { type HostileMessage, hostileMessage } from '#test/crash/hostile-messages.ts';
import type { Evidence } from '#test/crash/proof.ts';
import { overTheWire } from '#test/crash/wire-headers.ts';
import { SOURCES } from '#test/support/fleet.ts';

const PIXEL = '100000000000001';
const MAX_BYTES = 1_048_576;
const GOOD = 2000;
const AN_INTAKE = 2000;

/** What the reader made of hostile messages, one outcome for each. */
interface Found {
  delivered: number;
  filtered: number;
  dead: number;
  slowestMs: number;
  slowest: string;
  readonly faults: string[];
}

/** Mutated messages through reader, mapping, envelopes and sealing, in this process. */
export function hostileReading(
  { seed, say }: { seed: string; say: (line: string) => void },
  options: { readonly messages: number; readonly huge: number },
): Evidence {
  const counts: Found = {
    delivered: 0,
    filtered: 0,
    dead: 0,
    slowestMs: 0,
    slowest: '',
    faults: [],
  };
  const { reader, builder } = openReader(counts);
  const generator = generateMessages({ seed, startMs: Date.now(), sources: SOURCES, badShare: 0 });
  const good = generator.take(GOOD).map(({ value }) => value);
  const random = new Random(seed);
  const held: Originals = new Map();
  const total = options.messages + options.huge;
  for (let offset = 0; offset < total; offset += 1) {
    const original = good[random.below(GOOD)] as Buffer;
    const message =
      offset < options.messages ? hostileMessage(original, random, Date.now()) : huge(offset);
    const started = performance.now();
    try {
      read(reader, builder, message, offset);
      held.set(offset, message.value);
      if (offset % AN_INTAKE === 0) checkOriginals(builder, held, counts);
    } catch (error) {
      complain(counts, `the reader threw ${error}: ${describe(message)}`);
    }
    const took = performance.now() - started;
    if (took > counts.slowestMs) {
      counts.slowestMs = took;
      counts.slowest = `${formatCount(message.value?.length ?? 0)} bytes`;
    }
    if (offset % 100_000 === 99_999) say(`${formatCount(offset + 1)} of ${formatCount(total)}`);
  }
  return report(counts, total, options.huge);
}

/** As the batch handler does with a message that a broker sent. */
function read(
  reader: Reader,
  builder: IntakeBuilder,
  { key, value, headers, timestamp }: HostileMessage,
  offset: number,
): void {
  const kafka = { topic: 't', partition: 0, offset, timestamp: readTimestamp(timestamp) };
  reader.read({ key, value, headers: overTheWire(headers) }, kafka, Date.now());
  builder.step('t', 0, { from: null, next: offset + 1, topicId: null });
}

/** The values of the messages since the last cut, by their offsets. */
type Originals = Map<number, Buffer | null>;

/** Every dead letter gives back the bytes of its original, and can be written among the facts. */
function checkOriginals(builder: IntakeBuilder, held: Originals, counts: Found): void {
  const letters = builder.build('count')?.deadLetters ?? [];
  for (const { content, facts } of letters) {
    const { value } = readMessage(content);
    const original = held.get(facts.kafka.offset)?.subarray(0, MAX_BYTES) ?? null;
    const same = value === null || original === null ? value === original : value.equals(original);
    if (!same) complain(counts, `offset ${facts.kafka.offset} was not kept as it was`);
    if (facts.message.includes('were not kept') && content.length < 1000)
      complain(counts, facts.message);
  }
  held.clear();
  if (letters.length > 0) readFacts('page', writeFacts(letters.map(({ facts }) => facts)), null);
}

function complain(counts: Found, words: string): void {
  if (counts.faults.length < 10) counts.faults.push(words);
}

function describe({ value, headers }: HostileMessage): string {
  const names = headers.slice(0, 5).map(({ key }) => JSON.stringify(key.slice(0, 20)));
  return `headers ${names.join()}, value ${value?.toString('latin1', 0, 200)}`;
}

function openReader(counts: Found) {
  const parsed = parsePixelSettings({ pixelId: PIXEL });
  if (!parsed.ok) throw new Error('settings refused');
  const counters = {
    enqueued() {
      counts.delivered += 1;
    },
    filtered() {
      counts.filtered += 1;
    },
    dead() {
      counts.dead += 1;
    },
    parked() {},
    warned: () => {},
    failed: (words: string) => complain(counts, words),
  };
  const pixel = { ...parsed.settings, events: {} };
  const traceOf = () => null;
  const sealer = createSealer('k', [{ id: 'k', key: randomBytes(32) }]);
  const limits = { maxEvents: 250, maxBytes: 262_144 };
  const builder = new IntakeBuilder(sealer, limits, { envelope() {} }, 'hostile');
  const deps = { builder, counters, maxMessageBytes: MAX_BYTES, traceOf };
  return { reader: new Reader(createMappings([pixel]), deps), builder };
}

/** 100 MB, which no broker takes unless it is told to. */
function huge(offset: number): HostileMessage {
  const filler = Buffer.alloc(100_000_000, offset % 2 === 0 ? 'x' : '[');
  const value = Buffer.concat([
    Buffer.from('{"type":"track","event":"'),
    filler,
    Buffer.from('"}'),
  ]);
  return { key: null, value, headers: [], timestamp: '0' };
}

function report(counts: Found, events: number, hugeOnes: number): Evidence {
  const { delivered, filtered, dead, slowestMs, slowest, faults } = counts;
  const missing = events - delivered - filtered - dead;
  if (missing !== 0) faults.push(`${missing} messages have no outcome or more than one`);
  return {
    disturbances: `${formatCount(events)} mutated messages, ${hugeOnes} of them of 100 MB, handed to the reader`,
    events,
    lost: Math.max(missing, 0),
    duplicatedByIngest: Math.max(-missing, 0),
    duplicatedByWorkers: 0,
    allowed: 0,
    notes: [
      `${formatCount(delivered)} delivered, ${formatCount(filtered)} filtered, ${formatCount(dead)} dead`,
      `the slowest message took ${slowestMs.toFixed(0)} ms (${slowest})`,
    ],
    faults,
  };
}
