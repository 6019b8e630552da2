import { isIPv4 } from 'node:net';
import type { Configuration, RedisLogin } from './configuration.ts';

/** A setting that lets others read or forge data. */
interface Exposure {
  /** What it is about, such as `Kafka`. */
  readonly subject: string;
  readonly problem: string;
  readonly fix: string;
}

/**
 * Settings that are allowed, because a private network can make them safe, but should be known:
 * `check` and the log of each start report them. Never holds the value of a secret.
 */
export function exposuresOf({
  kafka,
  schemaRegistry,
  redis,
  sealing,
}: Pick<Configuration, 'kafka' | 'schemaRegistry' | 'redis' | 'sealing'>): Exposure[] {
  return [
    ...kafkaExposures(kafka),
    ...registryExposures(schemaRegistry),
    ...redisExposures(redis),
    ...sealingExposures(sealing),
  ];
}

/** What a mechanism sends as it is; scram proves that it knows the password. */
const SENT_IN_CLEAR: Readonly<Record<string, string>> = { plain: 'password', oauthbearer: 'token' };

function kafkaExposures({ ssl, sasl, brokers }: Configuration['kafka']): Exposure[] {
  const remote = brokers.filter((broker) => !isLoopback(hostOf(broker)));
  const exposures: Exposure[] = [];
  const sent = sasl === null ? undefined : SENT_IN_CLEAR[sasl.mechanism];
  if (ssl === false && sent !== undefined && remote.length > 0) {
    const problem = `the SASL ${sent} is sent in plain text to ${remote.join(', ')}`;
    const fix = 'set kafka.ssl, or use a scram mechanism, which never sends the password';
    exposures.push({ subject: 'Kafka', problem, fix });
  }
  if (typeof ssl !== 'boolean' && !ssl.rejectUnauthorized) {
    const problem = 'kafka.ssl.rejectUnauthorized is false: any server can pass for a broker';
    const fix = 'remove it, and name a private authority in kafka.ssl.caFile';
    exposures.push({ subject: 'Kafka', problem, fix });
  }
  return exposures;
}

function registryExposures(registry: Configuration['schemaRegistry']): Exposure[] {
  if (registry === null) return [];
  const { urls, username, token } = registry;
  const open = urls
    .map((url) => new URL(url))
    .filter(({ protocol, hostname }) => protocol === 'http:' && !isLoopback(hostname));
  if (open.length === 0 || (username === undefined && token === undefined)) return [];
  const sent = token === undefined ? 'password' : 'token';
  const problem = `the ${sent} is sent in plain text to ${open.map(({ host }) => host).join(', ')}`;
  return [{ subject: 'schema registry', problem, fix: 'use https:// in schemaRegistry.urls' }];
}

function redisExposures(redis: Configuration['redis']): Exposure[] {
  const { url, sentinels, cluster } = redis;
  if (url !== undefined) {
    const { protocol, hostname, password } = new URL(url);
    if (protocol !== 'redis:' || (password === '' && !hasPassword(redis))) return [];
    return sentInClear([hostname], 'use rediss:// in redis.url, or in REDIS_URL');
  }
  const nodes = (sentinels ?? cluster).nodes.map(hostOf);
  return [
    ...(redis.tls === undefined && hasPassword(redis)
      ? sentInClear(nodes, 'give redis.tls, if only as {}')
      : []),
    ...(sentinels !== undefined && sentinels.tls === undefined && hasPassword(sentinels)
      ? sentInClear(nodes, 'give redis.sentinels.tls, if only as {}')
      : []),
  ];
}

function hasPassword({ password, passwordFile }: RedisLogin): boolean {
  return password !== undefined || passwordFile !== undefined;
}

/** The servers themselves are where their Sentinels and the nodes of their cluster are. */
function sentInClear(hosts: readonly string[], fix: string): Exposure[] {
  const remote = hosts.filter((host) => !isLoopback(host));
  if (remote.length === 0) return [];
  const problem = `the password is sent in plain text to ${remote.join(', ')}`;
  return [{ subject: 'Redis', problem, fix }];
}

function hostOf(server: string): string {
  return server.replace(/:\d+$/, '');
}

function sealingExposures(sealing: Configuration['sealing']): Exposure[] {
  if (sealing === null) {
    const problem = 'is off: personal data is readable in Redis';
    const fix = 'configure sealing.keys before sending real data';
    return [{ subject: 'sealing', problem, fix }];
  }
  if (!sealing.acceptUnsealed) return [];
  const problem = 'also accepts unsealed data: anyone who can write to Redis can have events sent';
  const fix =
    'remove sealing.acceptUnsealed as soon as everything written with sealing off is delivered';
  return [{ subject: 'sealing', problem, fix }];
}

/**
 * Whether a host certainly is this machine, so that nothing sent there leaves it.
 * @param host a name, an IPv4 address, or an IPv6 address with or without brackets
 */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (plain === 'localhost' || plain.endsWith('.localhost')) return true;
  const mapped = plain.startsWith('::ffff:') ? plain.slice('::ffff:'.length) : plain;
  return plain === '::1' || (isIPv4(mapped) && mapped.startsWith('127.'));
}
