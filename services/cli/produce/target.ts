import { UsageError } from '#config/errors.ts';
import { loadConfiguration } from '#config/load.ts';
import { ConfigurationError } from '#config/problems.ts';
import type { KafkaOptions } from '#kafka/client.ts';

/** Where messages go. */
export interface Target {
  readonly kafka: KafkaOptions;
  readonly topic: string;
}

/** What is meant when nobody names a configuration: the Kafka of this machine. */
const LOCAL_BROKER = '127.0.0.1:9092';
const USUAL_TOPIC = 'track-events';
const CLIENT_ID = 'capi-relay';

/**
 * The brokers and the topic: of the configuration where one is named, else those that
 * `KAFKA_BROKERS` names or those of this machine, so that producing needs no configuration.
 * @throws UsageError when the configuration is wrong
 */
export async function findTarget(
  { configFile, topic }: { readonly configFile: string | undefined; readonly topic: string | null },
  env: Readonly<Record<string, string | undefined>>,
): Promise<Target> {
  if (configFile === undefined) {
    const brokers = (env['KAFKA_BROKERS'] || LOCAL_BROKER).split(',').map((each) => each.trim());
    const kafka = { brokers, clientId: CLIENT_ID, ssl: false, sasl: null };
    return { kafka, topic: topic ?? USUAL_TOPIC };
  }
  const { kafka } = await loadConfiguration(configFile, env).catch((error: unknown) => {
    throw error instanceof ConfigurationError ? new UsageError(error.message) : error;
  });
  return { kafka, topic: topic ?? kafka.topics[0] ?? USUAL_TOPIC };
}
