import { expect, test } from '@jest/globals';
import { createChecks } from '#ingest/health.ts';
import { AssignedPartitions } from '#ingest/kafka/partitions.ts';
import { INGEST_METRICS } from '#ingest/metrics.ts';
import { KafkaWork } from '#kafka/fault.ts';
import { createLogger } from '#process/logger.ts';
import { createMetrics } from '#process/metrics/registry.ts';
import { createServiceLog, noteKafkaFailures } from '#process/service-log.ts';
import { noParking } from '#test/support/no-parking.ts';

const FAILURES = 3;

function refusal(): Error {
  const words = 'Not authorized to access group';
  return Object.assign(new Error(words), { type: 'GROUP_AUTHORIZATION_FAILED' });
}

/** Ingest as far as it asks Kafka what is committed, and may not know for the first times. */
function asking() {
  const lines: Record<string, unknown>[] = [];
  const log = createServiceLog(
    createLogger('ingest', 'info', { write: (line) => void lines.push(JSON.parse(line)) }),
  );
  const metrics = createMetrics('ingest', INGEST_METRICS);
  const kafkaWork = new KafkaWork({ onFailure: noteKafkaFailures(metrics, log) });
  const consumer = { lastActivityAt: Date.now(), joined: true, lastError: null };
  const { ready } = createChecks(
    { ...consumer, halted: () => null },
    {
      sessionTimeoutMs: 10_000,
      lastLogAt: Date.now,
      redisFault: async () => null,
      workFault: () => null,
      kafkaFault: () => kafkaWork.fault(),
      registryFault: null,
    },
  );
  const isReady = async () => (await ready()).every(({ ok }) => ok);
  const seen: boolean[] = [];
  const store = { watermarks: async () => [null], replace: async () => false, ...noParking() };
  let tries = 0;
  const partitions = new AssignedPartitions(store, {
    ...noParking(),
    kafkaWork,
    async committed() {
      seen.push(await isReady());
      tries += 1;
      if (tries <= FAILURES) throw refusal();
      return 20;
    },
  });
  return { partitions, isReady, seen, lines, log, metrics };
}

test('while Kafka does not say what is committed, that is logged, counted, and ingest is not ready', async () => {
  const { partitions, isReady, seen, lines, log, metrics } = asking();
  expect(await partitions.floor('t', 0)).toBe(20);
  // As it was before each of the tries.
  expect(seen).toEqual([true, false, false, false]);
  expect(await isReady()).toBe(true);
  log.flush();
  expect(lines.reduce((sum, { count }) => sum + Number(count), 0)).toBe(FAILURES);
  expect(lines[0]).toMatchObject({
    level: 'warn',
    msg: 'Kafka operation failed: retrying',
    operation: 'committed',
    fault: 'not_allowed',
  });
  expect(await metrics.page()).toContain(
    `capi_kafka_failures_total{operation="committed",fault="not_allowed"} ${FAILURES}`,
  );
});

test('a partition that is read elsewhere by now keeps ingest from being ready no longer', async () => {
  const { partitions, isReady, seen } = asking();
  const asked = partitions.floor('t', 0);
  while (seen.length < 2) await new Promise(setImmediate);
  partitions.reassign();
  expect(await asked).toBeNull();
  expect(await isReady()).toBe(true);
});
