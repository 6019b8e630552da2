import type { Configuration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { isUnreachable, KafkaWork } from '#kafka/fault.ts';
import { limitDecompression } from '#kafka/fetch/decompress.ts';
import { observeKafka } from '#kafka/observer.ts';
import { TopicIds } from '#kafka/topic-ids.ts';
import { requireTopics } from '#kafka/topics.ts';
import type { Starting } from '#process/lifecycle.ts';
import type { Logger } from '#process/logger.ts';
import type { RunningService } from '#process/service.ts';
import { createServiceLog, noteKafkaFailures } from '#process/service-log.ts';
import { pingFailure, roundTripCollector } from '#store/health.ts';
import { startTracing } from '#tracing/start.ts';
import type { Tracing } from '#tracing/tracing.ts';
import { pressureOnRedis, startBackpressure } from './backpressure.ts';
import { createChecks } from './health.ts';
import { createMappings } from './intake/mappings.ts';
import { createReading } from './intake/reading.ts';
import { IntakeWriter } from './intake/writer.ts';
import { TrackConsumer } from './kafka/consumer.ts';
import { LagCollector } from './kafka/lag.ts';
import { AssignedPartitions, committedOffsets } from './kafka/partitions.ts';
import { KafkaPresence } from './kafka/presence.ts';
import { StoreGuard } from './kafka/store-guard.ts';
import type { IngestMetrics } from './metrics.ts';
import { openRegistry } from './open-registry.ts';
import type { CatchUp } from './parking/catch-up.ts';
import { createCatchUp } from './parking/parking.ts';
import { type IngestContext, openRedisSide } from './redis-side.ts';

/** Full envelopes that a full intake holds when there are plenty of messages. */
const ENVELOPES_PER_INTAKE = 8;

/** A failed question for a topic's id counts this long, in ms: another member may read the topic by now. */
const TOPIC_ID_FAULT_MS = 60_000;

type RedisSide = Awaited<ReturnType<typeof openRedisSide>>;
type KafkaSide = Awaited<ReturnType<typeof openKafka>>;
type RegistrySide = Awaited<ReturnType<typeof openRegistry>>;
type Intake = ReturnType<typeof createIntake>;

/**
 * Starts everything between Kafka and Redis; waits for both for as long as it takes.
 * @throws Error when Redis would lose what it holds, or a topic is missing
 */
export async function startIngest(
  configuration: Configuration,
  metrics: IngestMetrics,
  logger: Logger,
  starting: Starting,
): Promise<RunningService> {
  let rewind = (): void => {};
  const log = createServiceLog(logger);
  const context = { configuration, metrics, logger, log, starting, rewind: () => rewind() };
  const redis = await openRedisSide(context);
  const tracing = await startTracing('ingest', configuration, log);
  limitDecompression(configuration.ingest.maxDecompressedBytes);
  const kafka = await openKafka(context, redis);
  const registry = await openRegistry(context);
  const intake = createIntake(context, redis, { ...kafka, ...registry }, tracing);
  const sides = { ...redis, ...kafka, ...registry };
  const { consumer, catchUp, lag } = createConsumer(context, sides, intake);
  await consumer.start(starting);
  catchUp.start();
  kafka.guard.start();
  rewind = () => void consumer.rewind();
  return serviceOf(context, { redis, kafka, registry, intake, tracing, consumer, catchUp, lag });
}

async function openKafka(
  { configuration: { kafka, ingest }, metrics, logger, log, starting }: IngestContext,
  { redis, work }: RedisSide,
) {
  const presence = new KafkaPresence({ ...kafka, ...ingest, log, now: Date.now });
  const client = createKafka(kafka, presence.heard);
  // Without retries, so that the start says at once what it waits for. What fails is told by who asked.
  const onLog = (_: string, message: string, facts: object) => log.kafka('debug', message, facts);
  const probe = createKafka({ ...kafka, retries: 0 }, onLog);
  const until = <T>(attempt: () => Promise<T>) => starting.until('Kafka', attempt, isUnreachable);
  await until(() => requireTopics(probe, kafka.topics));
  const observer = await until(() => observeKafka(client));
  starting.onUndo(() => observer.close());
  const kafkaWork = new KafkaWork({ onFailure: noteKafkaFailures(metrics, log) });
  const { groupId } = kafka;
  const deps = { store: redis, observer, groupId, logger, work, kafkaWork };
  const guard = await until(() => StoreGuard.admit(deps));
  const topicIds = new TopicIds(probe);
  starting.onUndo(() => topicIds.close());
  return { client, presence, observer, kafkaWork, guard, topicIds };
}

/** What turns messages into intakes: reader, builder and writer. */
function createIntake(
  context: IngestContext,
  side: RedisSide,
  { observer, kafkaWork, decoder }: KafkaSide & RegistrySide,
  tracing: Tracing,
) {
  const { configuration, metrics, rewind } = context;
  const { store, work } = side;
  const { groupId } = configuration.kafka;
  const { envelope, maxIntakeBytes } = configuration.ingest;
  const reading = createReading({ ...context, ...side, decoder, tracing });
  const { counters, builder, window } = reading;
  const { live } = reading.parking;
  const committed = committedOffsets(observer, groupId);
  const partitions = new AssignedPartitions(store, { committed, kafkaWork, parking: live });
  const writer = new IntakeWriter(builder, store, {
    maxMessages: envelope.maxEvents * ENVELOPES_PER_INTAKE,
    maxBytes: maxIntakeBytes,
    lingerMs: envelope.lingerMs,
    work,
    onWritten({ steps, traces: contexts, messages, startedAt, seconds }) {
      window?.onWritten();
      live.onWritten();
      partitions.markWritten(steps);
      counters.written(steps.length, seconds);
      if (contexts.length === 0) return;
      const topics = new Set(steps.map(({ topic }) => topic));
      tracing.intake({ topics: [...topics], groupId, messages, contexts, startedAt });
    },
    onConflict(repeated) {
      if (repeated === null) counters.conflict();
      else metrics.ingestRereads.inc();
      if (repeated !== null) window?.onRefused(repeated.known);
      rewind();
    },
  });
  return { ...reading, partitions, writer };
}

function createConsumer(
  context: IngestContext,
  sides: RedisSide & KafkaSide & RegistrySide,
  intake: Intake,
) {
  const { ingest, kafka } = context.configuration;
  const { client, presence, kafkaWork, guard, topicIds } = sides;
  const lag = new LagCollector({ ...context, ...kafka, ...intake, ...sides });
  const ask = (of: string): Promise<string | null> =>
    kafkaWork.attempt('topic_ids', () => topicIds.ask(of), { of, forMs: TOPIC_ID_FAULT_MS });
  const options = {
    ...kafka,
    ...ingest,
    claim: guard.claim,
    onAnswer: () => presence.answered(),
    onAssigned(assigned: Readonly<Record<string, readonly number[]>>) {
      lag.assigned(assigned);
      catchUp.assign(assigned);
      void guard.check();
    },
  };
  const deps = { ...context, ...intake, ...sides, topicIds: { ask } };
  const consumer = new TrackConsumer(client, options, deps);
  const catchUp = createCatchUp({ ...deps, gate: consumer.gate });
  return { consumer, catchUp, lag };
}

interface Running {
  readonly redis: RedisSide;
  readonly kafka: KafkaSide;
  readonly registry: RegistrySide;
  readonly intake: Intake;
  readonly tracing: Tracing;
  readonly consumer: TrackConsumer;
  readonly catchUp: CatchUp;
  readonly lag: LagCollector;
}

function serviceOf(context: IngestContext, running: Running): RunningService {
  const { configuration, metrics, logger, log } = context;
  const { redis, kafka, intake, tracing, consumer, catchUp, lag } = running;
  const pixelIds = () => intake.reader.mappings.pixels.map(({ pixelId }) => pixelId);
  const { gate } = consumer;
  const { shares } = intake.parking;
  const deps = { store: redis.redis, gate, work: redis.work, pixelIds, shares, metrics, logger };
  const marks = configuration.ingest.backpressure;
  const endBackpressure = startBackpressure(pressureOnRedis(marks, deps));
  return {
    collectors: [
      { name: 'counters', collect: async () => intake.counters.publish() },
      roundTripCollector(redis.connection, metrics.redisRoundTrip),
      { name: 'kafka', collect: () => lag.collect() },
    ],
    ...healthOf(configuration, running),
    configure(next) {
      intake.reader.mappings = createMappings(next.pixels);
      intake.parking.configure(next.pixels);
    },
    leave: () => consumer.leave(),
    async stop() {
      endBackpressure();
      kafka.guard.stop();
      redis.work.close();
      await Promise.all([catchUp.stop(), consumer.stop()]);
      intake.counters.publish();
      await intake.recorder.stop();
      await tracing.stop();
      log.flush();
      await Promise.all([redis.store.close(), kafka.observer.close(), kafka.topicIds.close()]);
      await redis.connection.quit();
    },
  };
}

function healthOf({ kafka: { topics }, ingest }: Configuration, running: Running) {
  const { redis, kafka, registry, consumer } = running;
  const { connection, store, work } = redis;
  // Asked what ingest asks for each partition: any other answer would prove nothing.
  const ask = () => store.watermarks(topics.map((topic) => ({ topic, partition: 0 })));
  return createChecks(consumer, {
    sessionTimeoutMs: ingest.sessionTimeoutMs,
    lastLogAt: () => kafka.presence.heardAt,
    redisFault: async () => work.explain(await pingFailure(connection, ask)),
    workFault: () => work.fault(),
    kafkaFault: () => kafka.presence.fault() ?? kafka.kafkaWork.fault(),
    registryFault: registry.fault,
  });
}
