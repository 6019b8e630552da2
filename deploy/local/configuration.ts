import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Three pixels, one for each shop that `produce` simulates. */
export const LOCAL_PIXELS = [
  { pixelId: '100000000000001', token: 'local-token-eu', source: 'shop-eu', country: 'DE' },
  { pixelId: '100000000000002', token: 'local-token-us', source: 'shop-us', country: 'US' },
  { pixelId: '100000000000003', token: 'local-token-jp', source: 'shop-jp', country: 'JP' },
] as const;

/** The shops, as `produce --sources` takes them. */
export const SOURCES = LOCAL_PIXELS.map(({ source }) => source).join();

/** The pixels and their tokens, as `sandbox --pixels` takes them. */
export const TOKENS = LOCAL_PIXELS.map(({ pixelId, token }) => `${pixelId}:${token}`).join();

interface LocalConfiguration {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  readonly graphApiUrl: string;
  /** Also the name of the consumer group and the prefix in Redis. */
  readonly topic: string;
  /** Ports of the admin servers; 0 selects a free one. */
  readonly ports: { readonly ingest: number; readonly worker: number; readonly control: number };
}

/**
 * Writes a configuration for local use and, if there is none yet, a sealing key.
 * @returns the path of the file
 */
export async function writeConfiguration(
  folder: string,
  { brokers, redisUrl, graphApiUrl, topic, ports }: LocalConfiguration,
): Promise<string> {
  const key = join(folder, 'sealing.key');
  if (!existsSync(key)) await writeFile(key, randomBytes(32).toString('base64'), { mode: 0o600 });
  const pixels = LOCAL_PIXELS.map(
    ({ pixelId, token, source, country }) => `
  - pixelId: '${pixelId}'
    accessToken: ${token}
    defaultCountry: ${country}
    events: { where: { context.source: ${source} } }`,
  );
  const addresses = brokers.map((broker) => `'${broker}'`).join();
  const file = join(folder, 'capi-relay.yaml');
  await writeFile(
    file,
    `kafka: { brokers: [${addresses}], groupId: ${topic}, topics: [${topic}] }
redis: { url: '${redisUrl}', prefix: '{${topic}}' }
graphApi: { url: '${graphApiUrl}' }
sealing: { currentKey: local, keys: [{ id: local, keyFile: ./sealing.key }] }
ingest: { host: 127.0.0.1, port: ${ports.ingest} }
worker: { host: 127.0.0.1, port: ${ports.worker} }
control: { port: ${ports.control}, actions: true }
metrics: { detailedPixels: all }
pixels:${pixels.join('')}
`,
  );
  return file;
}
