import { describe, expect, jest, test } from '@jest/globals';
import { PLAIN_JSON } from '#core/event/event-decoder.ts';
import { TrackConsumer } from '#ingest/kafka/consumer.ts';
import { INGEST_METRICS } from '#ingest/metrics.ts';
import type { KafkaClient } from '#kafka/client.ts';
import { KafkaWork } from '#kafka/fault.ts';
import { createMetrics } from '#process/metrics/registry.ts';
import { RedisWork } from '#store/redis-fault.ts';

const EVENTS = {
  HEARTBEAT: 'heartbeat',
  FETCH: 'fetch',
  GROUP_JOIN: 'join',
  REBALANCING: 'rebalancing',
  CRASH: 'crash',
};

const OPTIONS = {
  groupId: 'g',
  topics: ['t'],
  commitIntervalMs: 1000,
  sessionTimeoutMs: 30_000,
  metadataMaxAgeMs: 1000,
  claim: { id: 's', since: 1 },
};

interface Offset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** A consumer of ingest over a client of Kafka that only notes what it is told. */
function consuming({ commits = (): void => {} } = {}) {
  const told: string[] = [];
  const listeners = new Map<string, (event: unknown) => void>();
  const client = {
    events: EVENTS,
    on: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    connect: async () => void told.push('connect'),
    subscribe: async ({ topics }: { topics: string[] }) => void told.push(`subscribe ${topics}`),
    run: async ({ autoCommit }: { autoCommit: boolean }) => void told.push(`run ${autoCommit}`),
    pause: () => told.push('pause'),
    resume: () => told.push('resume'),
    seek: ({ partition, offset }: Offset) => told.push(`seek ${partition} ${offset}`),
    async commitOffsets(offsets: readonly Offset[]) {
      commits();
      told.push(`commit ${offsets.map(({ offset }) => offset)}`);
    },
    disconnect: async () => void told.push('disconnect'),
  };
  const state = { uncommitted: [] as Offset[], committed: [] as string[], faults: 0 };
  const partitions = {
    epoch: 0,
    next: async () => ({ kind: 'reread' }) as const,
    forget() {},
    reassign() {},
    drop() {},
    floor: async () => 0,
    uncommitted: () => state.uncommitted,
    markCommitted: (offsets: readonly Offset[]) =>
      void state.committed.push(...offsets.map(({ offset }) => offset)),
  };
  const kafkaWork = new KafkaWork({
    onFailure() {
      state.faults += 1;
    },
  });
  const kafka = { consumer: () => client } as unknown as Pick<KafkaClient, 'consumer'>;
  const metrics = createMetrics('ingest', INGEST_METRICS);
  const onAssigned = (): void => void told.push('assigned');
  const consumer = new TrackConsumer(
    kafka,
    { ...OPTIONS, onAssigned, onAnswer() {} },
    {
      reader: { read: () => true, refuse() {} },
      decoder: PLAIN_JSON,
      registryWork: new KafkaWork({ onFailure() {} }),
      builder: { messages: 0, step() {} },
      writer: {
        full: null,
        linger() {},
        write: async (trigger) => void told.push(`write ${trigger}`),
        abandon: async () => {},
      },
      partitions,
      store: { watermarks: async (at) => at.map(() => null), replace: async () => false },
      counters: { messages() {}, repeated() {}, missing() {}, recreated() {} },
      work: new RedisWork({ onFailure() {} }),
      kafkaWork,
      topicIds: { ask: async () => null },
      metrics,
      logger: { info() {}, error() {} } as never,
    },
  );
  const emit = (name: string, payload: object = {}): void => listeners.get(name)?.({ payload });
  const starting = {
    onUndo() {},
    until: async <T>(_what: string, attempt: () => Promise<T>) => attempt(),
  };
  return { consumer, told, emit, state, starting, kafkaWork, metrics };
}

const DUE: Offset[] = [{ topic: 't', partition: 0, offset: '20' }];

test('starting connects, subscribes and reads, and commits nothing by itself', async () => {
  const { consumer, told, starting } = consuming();
  await consumer.start(starting);
  expect(told).toEqual(['connect', 'subscribe t', 'run false']);
  await consumer.stop();
});

test('stopping pauses, writes what was read, commits it and leaves, in this order', async () => {
  const { consumer, told, starting, state } = consuming();
  await consumer.start(starting);
  told.length = 0;
  state.uncommitted = DUE;
  await consumer.stop();
  expect(told).toEqual(['pause', 'write stop', 'commit 20', 'disconnect']);
  expect(state.committed).toEqual(['20']);
});

describe('committing', () => {
  const intervals = async (n: number): Promise<void> => {
    await jest.advanceTimersByTimeAsync(n * OPTIONS.commitIntervalMs);
  };

  test('comes one interval late, so that a Redis that goes back a little can read again', async () => {
    jest.useFakeTimers();
    try {
      const { consumer, told, starting, state } = consuming();
      await consumer.start(starting);
      told.length = 0;
      state.uncommitted = DUE;
      await intervals(1);
      expect(told).toEqual([]);
      state.uncommitted = [];
      await intervals(1);
      expect(told).toEqual(['commit 20']);
      expect(state.committed).toEqual(['20']);
      await consumer.stop();
    } finally {
      jest.useRealTimers();
    }
  });

  test('that fails is noted, and forgotten once nothing is left to commit', async () => {
    const { consumer, state, kafkaWork } = consuming({
      commits() {
        throw new Error('rebalancing');
      },
    });
    state.uncommitted = DUE;
    await consumer.stop();
    expect([state.committed, state.faults]).toEqual([[], 1]);
    expect(kafkaWork.fault()).toBe('commit: rebalancing');
    state.uncommitted = [];
    await consumer.stop();
    expect(kafkaWork.fault()).toBeNull();
  });
});

describe('what the consumer reports', () => {
  test('joining the group clears the last error, and seeks to what is written', async () => {
    const { consumer, told, emit } = consuming();
    emit(EVENTS.CRASH, { error: new Error('Connection refused'), restart: true });
    expect([consumer.joined, consumer.lastError]).toEqual([false, 'Connection refused']);
    emit(EVENTS.GROUP_JOIN, { memberAssignment: { t: [0] } });
    expect([consumer.joined, consumer.lastError]).toEqual([true, null]);
    await new Promise(setImmediate);
    expect(told).toEqual(['resume', 'assigned', 'seek 0 0']);
    emit(EVENTS.REBALANCING);
    expect(consumer.joined).toBe(false);
    await consumer.stop();
  });

  test.each(['HEARTBEAT', 'FETCH'] as const)('%s is a sign of life', (name) => {
    const { consumer, emit } = consuming();
    consumer.lastActivityAt = 0;
    emit(EVENTS[name]);
    expect(consumer.lastActivityAt).toBeGreaterThan(0);
  });

  test('a crash after which it does not come back ends the process', () => {
    const { emit } = consuming();
    const error = new Error('fatal');
    expect(() => emit(EVENTS.CRASH, { error, restart: false })).toThrow(error);
  });
});

test('pausing and resuming reach the client', () => {
  const { consumer, told } = consuming();
  consumer.gate.close();
  consumer.gate.open();
  expect(told).toEqual(['pause', 'resume']);
});

test('no partition is halted at first, and the metric says so', async () => {
  const { consumer, metrics } = consuming();
  expect(consumer.halted()).toBeNull();
  expect(await metrics.page()).toContain('capi_ingest_halted_partitions{topic="t"} 0');
});
