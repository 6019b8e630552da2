import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { IntakeBuilder } from '#ingest/intake/builder.ts';
import { Reader } from '#ingest/intake/reader.ts';
import { IntakeWriter, type WrittenIntake } from '#ingest/intake/writer.ts';
import { createBatchHandler } from '#ingest/kafka/batch-handler.ts';
import { AssignedPartitions } from '#ingest/kafka/partitions.ts';
import type { EachBatchPayload } from '#kafka/client.ts';
import { KafkaWork } from '#kafka/fault.ts';
import type { Intake, IntakeStore } from '#store/intake/writer.ts';
import { RedisWork } from '#store/redis-fault.ts';
import { createSealer } from '#store/sealing.ts';
import { eventually } from '#test/support/deadline.ts';
import { noParking } from '#test/support/no-parking.ts';

const PARTITIONS = 16;
const MESSAGES = 20;
const MESSAGE_BYTES = 10_000;
const MAX_BYTES = 50_000;
const MAX_MESSAGES = 7;

/** A Redis that takes nothing until it is let go. */
class HungStore implements IntakeStore {
  readonly taken: Intake[] = [];
  private release: () => void = () => {};
  private readonly hung = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  go(): void {
    this.release();
  }

  async watermarks(partitions: readonly unknown[]) {
    return partitions.map(() => null);
  }

  async replace() {
    return false;
  }

  async write(intake: Intake) {
    await this.hung;
    this.taken.push(intake);
    return 'written' as const;
  }

  parked = noParking().parked;

  async close() {}
}

function ingestOf(store: HungStore, limits: { maxBytes: number; maxMessages: number }) {
  const sealer = createSealer('k', [{ id: 'k', key: randomBytes(32) }]);
  const envelope = { maxEvents: 250, maxBytes: 262_144 };
  const builder = new IntakeBuilder(sealer, envelope, { envelope() {} }, 'run');
  const work = new RedisWork({ onFailure() {} });
  const kafkaWork = new KafkaWork({ onFailure() {} });
  const partitions = new AssignedPartitions(store, {
    ...noParking(),
    committed: async () => 0,
    kafkaWork,
  });
  const onWritten = ({ steps }: WrittenIntake) => partitions.markWritten(steps);
  const options = { ...limits, lingerMs: 60_000, onWritten, onConflict() {}, work };
  const writer = new IntakeWriter(builder, store, options);
  const counters = {
    enqueued() {},
    filtered() {},
    dead() {},
    warned() {},
    failed() {},
    parked() {},
  };
  const mappings = { pixels: [], route: () => [] };
  const maxMessageBytes = MESSAGE_BYTES * 2;
  const reader = new Reader(mappings, { builder, counters, maxMessageBytes, traceOf: () => null });
  const handle = createBatchHandler({
    reader,
    builder,
    writer,
    partitions,
    work,
    counters: { messages() {}, repeated() {}, missing() {}, recreated() {} },
    topicIds: { ask: async () => null },
    halt() {},
    loadSchemas: async () => true,
    reread: async () => {},
    seek() {},
  });
  return { builder, writer, handle };
}

/** A batch of messages that are no JSON. */
function payloadOf(partition: number): EachBatchPayload {
  const messages = Array.from({ length: MESSAGES }, (_, offset) => ({
    key: null,
    value: Buffer.alloc(MESSAGE_BYTES, 'x'),
    timestamp: '0',
    offset: String(offset),
  }));
  const batch = {
    topic: 't',
    partition,
    messages,
    highWatermark: String(MESSAGES),
    firstOffset: () => '0',
    lastOffset: () => String(MESSAGES - 1),
  };
  const payload = {
    batch,
    isRunning: () => true,
    isStale: () => false,
    resolveOffset() {},
    heartbeat: async () => {},
  };
  return payload as unknown as EachBatchPayload;
}

test.each([
  ['bytes', { maxBytes: MAX_BYTES, maxMessages: 1_000_000 }],
  ['messages', { maxBytes: 1_000_000_000, maxMessages: MAX_MESSAGES }],
])('sixteen partitions together read ahead no more %s than one intake', async (_name, limits) => {
  const store = new HungStore();
  const { builder, writer, handle } = ingestOf(store, limits);
  const reading = Array.from({ length: PARTITIONS }, (_, at) => handle(payloadOf(at)));
  await eventually(() => {
    expect(writer.full).not.toBeNull();
  });
  // What is read beyond it would be read in the next turns.
  for (let turn = 0; turn < 100; turn += 1) {
    await new Promise(setImmediate);
    expect(builder.bytes).toBeLessThan(limits.maxBytes + 2 * MESSAGE_BYTES);
    expect(builder.messages).toBeLessThanOrEqual(limits.maxMessages);
  }
  store.go();
  let done = false;
  void Promise.all(reading).then(() => {
    done = true;
  });
  await eventually(() => expect(done).toBe(true));
  // The last of it waits for more.
  await writer.write('linger');
  const letters = store.taken.map(({ deadLetters }) => deadLetters);
  expect(letters.flat()).toHaveLength(PARTITIONS * MESSAGES);
  for (const each of letters) {
    const bytes = each.reduce((sum, { content }) => sum + content.length, 0);
    expect(bytes).toBeLessThan(limits.maxBytes + 2 * MESSAGE_BYTES);
    expect(each.length).toBeLessThanOrEqual(limits.maxMessages);
  }
});
