import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The demo's pixels: one for each shop, as `produce` makes them. */
export const PIXELS = [
  { pixelId: '100000000000001', token: 'demo-token-eu', source: 'shop-eu', country: 'DE' },
  { pixelId: '100000000000002', token: 'demo-token-us', source: 'shop-us', country: 'US' },
  { pixelId: '100000000000003', token: 'demo-token-jp', source: 'shop-jp', country: 'JP' },
] as const;

export const SOURCES = PIXELS.map(({ source }) => source).join();

export interface DemoAddresses {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  readonly graphApiUrl: string;
  /** Unlike any other run's, so that runs on the same Kafka and Redis do not mix. */
  readonly run: string;
}

/** The topic of one run. */
export function topicOf(run: string): string {
  return `demo-${run}`;
}

/** Writes the demo's configuration file and a sealing key of its own; returns the file. */
export async function writeConfiguration(
  folder: string,
  { brokers, redisUrl, graphApiUrl, run }: DemoAddresses,
): Promise<string> {
  await writeFile(join(folder, 'sealing.key'), randomBytes(32).toString('base64'), { mode: 0o600 });
  const pixels = PIXELS.map(
    ({ pixelId, token, source, country }) => `
  - pixelId: '${pixelId}'
    accessToken: ${token}
    defaultCountry: ${country}
    events: { where: { context.source: ${source} } }`,
  );
  const file = join(folder, 'capi-relay.yaml');
  await writeFile(
    file,
    `kafka: { brokers: [${brokers.map((broker) => `'${broker}'`).join()}], groupId: demo-${run}, topics: [${topicOf(run)}] }
redis: { url: '${redisUrl}', prefix: '{demo-${run}}' }
graphApi: { url: '${graphApiUrl}' }
sealing: { currentKey: demo, keys: [{ id: demo, keyFile: ./sealing.key }] }
ingest: { port: 0 }
worker: { port: 0 }
pixels:${pixels.join('')}
`,
  );
  return file;
}
