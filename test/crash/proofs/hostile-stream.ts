import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { generateMessages } from '#cli/produce/generator.ts';
import { Random } from '#cli/produce/random.ts';
import { formatCount } from '#core/text/format.ts';
import { createKafka, type KafkaClient } from '#kafka/client.ts';
import { COMPRESSIONS } from '#kafka/compressions.ts';
import { createBatchProducer, type NewMessage } from '#kafka/producer.ts';
import { type HostileMessage, hostileMessage } from '#test/crash/hostile-messages.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial } from '#test/crash/trial.ts';
import { watch } from '#test/crash/watch.ts';
import { SOURCES } from '#test/support/fleet.ts';

const { ConfigResourceTypes } = kafkajs;

const GOOD = 2000;
/** Headers of one name in a message: more would not fit into a broker's request limit. */
const SAME_NAME = 50;
const CHUNK = 500;

interface Told {
  /** Events that the sandbox accepted, and that the ledger calls delivered. */
  readonly accepted: number;
  readonly delivered: number;
  /** Longest that ingest took to say that it lives, in ms. */
  readonly slowestMs: number;
  /** Reason → how many dead letters. */
  readonly reasons: readonly string[];
}

/** Mutated messages through Kafka, ingest, Redis, a worker and the sandbox. */
export async function hostileStream(
  bench: Bench,
  options: { readonly messages: number },
): Promise<Evidence> {
  const { arena, seed, say } = bench;
  const quiet = { ingests: 1, workers: 1, eventsPerSecond: 0, badShare: 0 };
  const result = await trial(arena, { seed, say, ...quiet, sandboxArgs: [] }, async (scene) => {
    const watching = watch(() => askWhetherItLives(scene), 200);
    await sendMutated(scene, seed, options.messages, say);
    while (!(await isThrough(scene, options.messages))) await sleep(300);
    return look(scene, Math.max(...(await watching.stop())));
  });
  const { accepted, delivered, slowestMs, reasons } = result.told;
  const faults =
    accepted === delivered ? [] : [`${delivered} delivered, but the sandbox accepted ${accepted}`];
  // Which of them are good only ingest can say; the ledger and the sandbox must agree.
  const audit = { ...result.audit, strangers: 0 };
  const notes = [
    `${formatCount(delivered)} delivered, ${formatCount(audit.filtered)} filtered, ${formatCount(audit.dead)} dead (${reasons.join(', ')})`,
    `ingest took at most ${slowestMs.toFixed(0)} ms to say that it lives`,
  ];
  const disturbances = `${formatCount(options.messages)} mutated messages through Kafka`;
  return evidence(disturbances, { ...result, audit }, 0, { notes, faults });
}

async function sendMutated(
  { fleet, arena }: Scene,
  seed: string,
  messages: number,
  say: Bench['say'],
): Promise<void> {
  const kafka = createKafka({
    brokers: arena.brokers,
    clientId: 'hostile',
    ssl: false,
    sasl: null,
  });
  await takeAnyTimestamp(kafka, fleet.topic);
  const generator = generateMessages({ seed, startMs: Date.now(), sources: SOURCES, badShare: 0 });
  const good = generator.take(GOOD).map(({ value }) => value);
  const random = new Random(seed);
  const next = (): NewMessage => {
    const message = hostileMessage(good[random.below(GOOD)] as Buffer, random, Date.now());
    const { key, value, timestamp } = message;
    return { key, value, timestamp, headers: forProducer(message) };
  };
  const producers = await Promise.all(
    COMPRESSIONS.map((compression) =>
      createBatchProducer(kafka, { topic: fleet.topic, compression }),
    ),
  );
  try {
    for (let sent = 0; sent < messages; sent += CHUNK) {
      const chunk = Array.from({ length: Math.min(CHUNK, messages - sent) }, next);
      await producers[random.below(producers.length)]?.send(chunk);
      if (sent % 50_000 === 0) say(`${formatCount(sent)} of ${formatCount(messages)} sent`);
    }
  } finally {
    await Promise.all(producers.map((each) => each.disconnect()));
  }
}

/** By default Kafka refuses timestamps more than an hour ahead; not every topic does. */
async function takeAnyTimestamp(kafka: KafkaClient, topic: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const latest = '9223372036854775807';
  const configEntries = [{ name: 'message.timestamp.after.max.ms', value: latest }];
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configEntries };
  await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  await admin.disconnect();
}

/** kafkajs reads headers with a null for a value, and cannot write them. */
function forProducer({ headers }: HostileMessage): Record<string, Buffer[]> {
  const byName = Object.create(null) as Record<string, Buffer[]>;
  for (const { key, value } of headers) {
    byName[key] = [...(byName[key] ?? []), value ?? Buffer.alloc(0)].slice(-SAME_NAME);
  }
  return byName;
}

async function isThrough({ fleet }: Scene, messages: number): Promise<boolean> {
  const ledgers = [...(await fleet.ledgers()).values()];
  const consumed = ledgers.reduce((sum, ledger) => sum + ledger.consumed, 0);
  return consumed >= messages && ledgers.every(({ queued }) => queued === 0);
}

/** How long ingest takes to answer, which it does not while its event loop is blocked, in ms. */
async function askWhetherItLives({ crew }: Scene): Promise<number> {
  const [ingest] = crew.of('ingest');
  if (ingest === undefined) return 0;
  const started = performance.now();
  await fetch(`${ingest.url}/livez`).catch(() => {});
  return performance.now() - started;
}

async function look({ fleet }: Scene, slowestMs: number): Promise<Told> {
  const answer = await fetch(`${fleet.sandbox.url}/_sandbox/state`);
  const { pixels } = (await answer.json()) as { pixels: Record<string, { accepted: number }> };
  const ledgers = [...(await fleet.ledgers()).values()];
  const reasons = new Map<string, number>();
  for await (const { reason } of fleet.deadLetters()) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return {
    accepted: Object.values(pixels).reduce((sum, { accepted }) => sum + accepted, 0),
    delivered: ledgers.reduce((sum, { delivered }) => sum + delivered, 0),
    slowestMs,
    reasons: [...reasons].map(([reason, n]) => `${reason} ${formatCount(n)}`),
  };
}
