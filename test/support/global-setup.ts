import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServices } from '#local/services.ts';
import { SERVICES } from './shared-services.ts';

/** Starts one Kafka and one Redis for every test file, or takes those that the environment names. */
export default async function setUp(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-test-'));
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const services = await startServices({ folder, native: true }, say);
  process.env['TEST_KAFKA_BROKERS'] = services.brokers.join();
  process.env['TEST_REDIS_URL'] = services.redisUrl;
  // They would override the configuration of every process that a test starts, also of those that
  // are to use a Kafka or a Redis of their own.
  for (const name of ['KAFKA_BROKERS', 'REDIS_URL', 'GRAPH_API_URL']) delete process.env[name];
  SERVICES.current = { services, folder };
}
