import type { Configuration } from '#config/configuration.ts';
import { kafkaFault } from '#kafka/fault.ts';
import type { MetricsAccess } from '#process/admin-server.ts';
import { check } from '#process/admin-server.ts';
import type { Logger } from '#process/logger.ts';
import type { RunningService } from '#process/service.ts';
import { createServiceLog, noteKafkaFailures } from '#process/service-log.ts';
import { createPermissionCheck, pingFailure } from '#store/health.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { createApplication } from './application.ts';
import { watchKafka, watchRedis } from './dependencies.ts';
import { Duties } from './duties/duties.ts';
import type { ControlMetrics } from './metrics.ts';
import { createRoutes } from './routes/routes.ts';
import { type Authorizer, createAuthorizer } from './security/authorizer.ts';

/** Starts the pages and the duties of the fleet; without Redis both wait until it is there. */
export async function startControl(
  configuration: Configuration,
  metrics: ControlMetrics,
  logger: Logger,
): Promise<RunningService> {
  const log = createServiceLog(logger);
  const redis = watchRedis(configuration.redis.url, log.connection);
  const noteFailure = noteKafkaFailures(metrics, log);
  const kafka = watchKafka(configuration.kafka, (error) =>
    noteFailure('overview', kafkaFault(error), error),
  );
  let current = configuration;
  const duties = new Duties({ configuration: () => current, metrics, logger, log });
  const store = createStore(redis.redis, configuration.redis.prefix);
  const mayDoAll = createPermissionCheck(store);
  const authorizer = createAuthorizer(configuration.control, metrics);
  const application = await createApplication({
    authorizer,
    routes: createRoutes({
      configuration: () => current,
      store,
      sealer: sealerOf(configuration.sealing),
      redis: redis.read,
      kafka: kafka.read,
    }),
    board: { store, pixelIds: () => current.pixels.map(({ pixelId }) => pixelId) },
    redisFailure() {
      const { ok, lastError } = redis.read();
      return ok === true ? null : { lastError: lastError?.message ?? null };
    },
    metrics,
    logger,
  });
  await application.ready();
  return {
    collectors: duties.collectors,
    web: (request, response) => application.routing(request, response),
    metricsAccess: metricsAccess(configuration, authorizer),
    live: () => [{ name: 'event loop', ok: true }],
    async ready() {
      const silence = await pingFailure(redis.redis, mayDoAll);
      return [check('redis', silence ?? duties.fault())];
    },
    configure(next) {
      // What needs a restart stays as it was when control started.
      current = { ...configuration, pixels: next.pixels };
    },
    async stop() {
      kafka.stop();
      await Promise.all([application.close(), duties.stop()]);
      log.flush();
      redis.close();
    },
  };
}

/** Scrapers need credentials where visitors do; elsewhere control listens on loopback alone. */
function metricsAccess(
  { control }: Configuration,
  authorizer: Authorizer,
): MetricsAccess | undefined {
  if (control.users.length === 0 && control.proxy === null) return undefined;
  return async (request) => {
    const visitor = await authorizer.authenticate(request);
    return 'status' in visitor ? visitor : null;
  };
}
