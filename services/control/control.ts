import type { Configuration } from '#config/configuration.ts';
import { check } from '#process/admin-server.ts';
import type { Logger } from '#process/logger.ts';
import type { RunningService } from '#process/service.ts';
import { createServiceLog, noteKafkaFailures } from '#process/service-log.ts';
import { openDecoder } from '#registry/open.ts';
import { createPermissionCheck, pingFailure } from '#store/health.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { createApplication } from './application.ts';
import { watchKafka, watchRedis } from './dependencies.ts';
import { Duties } from './duties/duties.ts';
import { SampleHistory } from './history.ts';
import type { ControlMetrics } from './metrics.ts';
import { createRoutes } from './routes/routes.ts';
import { startSampler } from './sampler.ts';
import { createAuthorizer } from './security/authorizer.ts';

/** Starts the pages and the duties of the fleet; without Redis both wait until it is there. */
export async function startControl(
  configuration: Configuration,
  metrics: ControlMetrics,
  logger: Logger,
): Promise<RunningService> {
  const log = createServiceLog(logger);
  const redis = watchRedis(configuration.redis, log.connection);
  let current = configuration;
  const sealer = sealerOf(configuration.sealing);
  const decoder = await openDecoder(configuration.schemaRegistry);
  const sides = { sealer, decoder, metrics, logger, log };
  const duties = new Duties({ configuration: () => current, ...sides });
  const store = { ...createStore(redis.redis, configuration.redis.prefix), sealer, decoder };
  const kafka = watchKafka(configuration.kafka, store, noteKafkaFailures(metrics, log));
  const history = new SampleHistory();
  const endSampling = startSampler({ store, history, lag: () => kafka.read().lag });
  const dependencies = { redis: redis.read, kafka: kafka.read };
  const deps = { configuration: () => current, store, history, ...dependencies };
  const authorizer = createAuthorizer(configuration.control, metrics);
  const routes = createRoutes(deps);
  const application = await createApplication({ ...deps, routes, authorizer, metrics, logger });
  const permissions = createPermissionCheck(store);
  return {
    collectors: duties.collectors,
    web: (request, response) => application.routing(request, response),
    metricsAccess: authorizer.metricsAccess,
    live: () => [{ name: 'event loop', ok: true }],
    ready: async () => [
      check('redis', (await pingFailure(redis.redis, permissions)) ?? duties.fault()),
    ],
    configure(next) {
      current = { ...configuration, pixels: next.pixels }; // other sections need a restart
    },
    async stop() {
      endSampling();
      kafka.stop();
      await Promise.all([application.close(), duties.stop()]);
      log.flush();
      redis.close();
    },
  };
}
