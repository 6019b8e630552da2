import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RedisSettings, startRedis } from '#local/redis.ts';
import type { LocalServer } from '#local/server.ts';
import { connectOnce } from '#store/connection.ts';
import { type Certificates, SERVER_NAME } from '#test/support/certificates.ts';
import { eventually } from '#test/support/deadline.ts';
import { startSeveral } from '#test/support/several-servers.ts';

/** Under which the Sentinels watch the primary. */
export const PRIMARY_NAME = 'relay-primary';
const SENTINELS = 3;
const QUORUM = 2;

export interface SentinelOptions {
  /** How many there are besides the primary. */
  readonly replicas: number;
  /** More settings of each Redis. */
  readonly settings?: RedisSettings;
  /** Everything speaks TLS alone with these. */
  readonly certificates?: Certificates;
  /** More lines of the configuration of each Sentinel. */
  readonly sentinelLines?: readonly string[];
}

/** A Redis with replicas, and three Sentinels that watch them. */
export type WatchedRedis = Awaited<ReturnType<typeof startWatchedRedis>>;

/** Starts everything in folders below one, and waits until each Sentinel knows all the others. */
export async function startWatchedRedis(folder: string, options: SentinelOptions) {
  const { replicas, certificates } = options;
  const start = async (
    port: number,
    at: number,
    [first = 0]: readonly number[],
  ): Promise<LocalServer> => {
    const own = join(folder, `server-${port}`);
    await mkdir(own);
    const place = { folder: own, port, speaksTls: certificates !== undefined };
    if (at > replicas) {
      const sentinelFile = join(own, 'sentinel.conf');
      await writeFile(sentinelFile, sentinelText(own, port, first, options));
      return startRedis({ ...place, sentinelFile }, () => {});
    }
    const settings = { ...options.settings, ...tlsSettings(port, certificates) };
    const copies = port === first ? {} : { replicaof: ['127.0.0.1', String(first)] };
    return startRedis({ ...place, settings: { ...settings, ...copies } }, () => {});
  };
  const { servers, ports } = await startSeveral(replicas + 1 + SENTINELS, start);
  const [redises, sentinels] = [servers.slice(0, replicas + 1), servers.slice(replicas + 1)];
  const nodes = sentinels.map(({ address }) => address.replace('redis://', ''));
  const ask = (node: string, ...words: string[]) => askSentinel(node, words, certificates);
  const askAny = (...words: string[]) =>
    Promise.any(nodes.map((node) => ask(node, ...words, PRIMARY_NAME)));
  try {
    for (const node of nodes) {
      await eventually(async () => {
        const seen = fieldsOf(await ask(node, 'MASTER', PRIMARY_NAME));
        const known = [seen.get('num-other-sentinels'), seen.get('num-slaves')].join();
        if (known !== `${SENTINELS - 1},${replicas}`) throw new Error(`${node} knows ${known}`);
      });
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.kill()));
    throw error;
  }
  return {
    redises,
    sentinels,
    /** The Sentinels, each as host:port. */
    nodes,
    /** The server that the Sentinels name now. */
    async primary(): Promise<LocalServer> {
      const [, port] = (await askAny('GET-MASTER-ADDR-BY-NAME')) as string[];
      const found = redises[ports.indexOf(Number(port))];
      if (found === undefined) throw new Error(`no server listens on ${port}`);
      return found;
    },
    /** How many replicas copy from the primary, as the Sentinels see it. */
    async copies(): Promise<number> {
      const fields = ((await askAny('REPLICAS')) as unknown[]).map(fieldsOf);
      return fields.filter(
        (each) => each.get('flags') === 'slave' && each.get('master-link-status') === 'ok',
      ).length;
    },
    /** Has one Sentinel watch a replica in the belief that it is a primary, under another name. */
    async mistake(name: string): Promise<{ readonly node: string; readonly replica: string }> {
      const [node = ''] = nodes;
      const [fields = new Map<string, string>()] = ((await askAny('REPLICAS')) as unknown[]).map(
        fieldsOf,
      );
      await ask(node, 'MONITOR', name, '127.0.0.1', fields.get('port') ?? '', String(QUORUM));
      return { node, replica: `127.0.0.1:${fields.get('port')}` };
    },
    async close(): Promise<void> {
      await Promise.all(servers.map((server) => server.kill()));
    },
  };
}

function tlsSettings(port: number, certificates: Certificates | undefined) {
  if (certificates === undefined) return {};
  return {
    port: '0',
    'tls-port': String(port),
    'tls-ca-cert-file': certificates.ca,
    'tls-cert-file': certificates.server.cert,
    'tls-key-file': certificates.server.key,
    'tls-auth-clients': 'no',
    'tls-replication': 'yes',
  };
}

function sentinelText(
  folder: string,
  port: number,
  primary: number,
  { certificates, sentinelLines = [] }: SentinelOptions,
): string {
  const settings = { port: String(port), ...tlsSettings(port, certificates) };
  const lines = [
    ...Object.entries(settings).map(([name, value]) => `${name} ${value}`),
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor ${PRIMARY_NAME} 127.0.0.1 ${primary} ${QUORUM}`,
    `sentinel down-after-milliseconds ${PRIMARY_NAME} 3000`,
    `sentinel failover-timeout ${PRIMARY_NAME} 4000`,
    ...sentinelLines,
  ];
  return `${lines.join('\n')}\n`;
}

async function askSentinel(
  node: string,
  words: readonly string[],
  certificates: Certificates | undefined,
): Promise<unknown> {
  const tls = certificates && { caFile: certificates.ca, serverName: SERVER_NAME };
  const url = `${tls === undefined ? 'redis' : 'rediss'}://${node}`;
  const redis = connectOnce({ url, prefix: '', ...(tls === undefined ? {} : { tls }) });
  try {
    await redis.connect();
    return await redis.call('SENTINEL', ...words);
  } finally {
    redis.disconnect();
  }
}

/** Sentinels answer names and values in one list. */
function fieldsOf(answer: unknown): Map<string, string> {
  const flat = answer as string[];
  return new Map(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? '']] : [])));
}
