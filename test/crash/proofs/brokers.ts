import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '#cli/produce/random.ts';
import { formatCount } from '#core/text/format.ts';
import { createKafka } from '#kafka/client.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { readTopic } from '#test/crash/topic-content.ts';
import { type Scene, trial } from '#test/crash/trial.ts';
import { type KafkaCluster, startKafkaCluster } from '#test/support/kafka-cluster.ts';

export interface BrokersOptions {
  /** How often a leader is killed. */
  readonly times: number;
  readonly eventsPerSecond: number;
  /** How long it stays away at most, in ms. */
  readonly awayMs: number;
}

/** What hangs, rather than what is slow, in ms. */
const IN_SYNC_MS = 300_000;

/** Three brokers and min.insync.replicas 2: the leader of a partition is killed under load. */
export async function brokers(bench: Bench, options: BrokersOptions): Promise<Evidence> {
  const { seed, say } = bench;
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-cluster-'));
  const cluster = await startKafkaCluster(folder, () => {});
  try {
    const arena = { ...bench.arena, brokers: cluster.brokers };
    const pace = { ingests: 2, workers: 1, eventsPerSecond: options.eventsPerSecond };
    const result = await trial(arena, { seed, say, ...pace }, async ({ fleet, load }: Scene) => {
      await killLeaders(cluster, fleet.topic, bench, options);
      return { topic: fleet.topic, good: load.good };
    });
    const { topic, good } = result.told;
    const { ids } = await readTopic(cluster.brokers, topic);
    const gone = [...good].filter((id) => !ids.has(id)).length;
    const disturbances = `the leader of a partition killed ${options.times} times, of three brokers with min.insync.replicas 2`;
    return evidence(disturbances, result, result.unknownAnswers, {
      notes: [
        `${formatCount(good.size)} good events acknowledged by Kafka, ${gone} of them gone from it`,
      ],
      faults: gone === 0 ? [] : [`Kafka has lost ${gone} events that it had acknowledged`],
    });
  } finally {
    await cluster.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function killLeaders(
  { brokers: addresses, nodes }: KafkaCluster,
  topic: string,
  { seed, say }: Bench,
  { times, awayMs }: BrokersOptions,
): Promise<void> {
  const random = new Random(seed);
  for (let n = 1; n <= times; n += 1) {
    await sleep(random.between(500, 2500));
    const partitions = await inSync(addresses, topic, nodes.size);
    const { partitionId, leader } = random.pick(partitions);
    const server = nodes.get(leader);
    if (server === undefined) throw new Error(`no broker has the id ${leader}`);
    say(
      `${String(n).padStart(4)}/${times}  kill broker ${leader}, leader of partition ${partitionId}`,
    );
    await server.kill();
    await sleep(random.below(awayMs));
    await server.start();
  }
  await inSync(addresses, topic, nodes.size);
}

/** Waits until every replica is in sync, so that the next kill leaves two of them. */
async function inSync(
  addresses: readonly string[],
  topic: string,
  replicas: number,
): Promise<{ readonly partitionId: number; readonly leader: number }[]> {
  const deadline = performance.now() + IN_SYNC_MS;
  const kafka = createKafka({ brokers: addresses, clientId: 'leaders', ssl: false, sasl: null });
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (;;) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const partitions = topics[0]?.partitions ?? [];
      if (partitions.length > 0 && partitions.every(({ isr }) => isr.length === replicas)) {
        return partitions;
      }
      if (performance.now() > deadline) throw new Error('replicas do not come into sync');
      await sleep(200);
    }
  } finally {
    await admin.disconnect();
  }
}
