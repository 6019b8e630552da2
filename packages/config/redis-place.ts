import type { RedisConfiguration } from './configuration.ts';
import type { Problems } from './problems.ts';
import type { ConfigurationFile } from './schema/configuration-file.ts';

type FileRedis = ConfigurationFile['redis'];

/** What a cluster hashes instead of the whole key. Source: redis.io, cluster specification, hash tags. */
const HASH_TAG = /^[^{]*\{[^}]+\}/;

/** Whether every key under a prefix is in one slot of a cluster. */
export function keepsOneSlot(prefix: string): boolean {
  return HASH_TAG.test(prefix);
}

/** Braces around a prefix that has none. */
export function inBraces(prefix: string): string {
  return `{${prefix.replace(/[{}]/g, '')}}`;
}

/** Where Redis is, or who says it, for people; without a login. */
export function describePlace({ url, sentinels, cluster }: RedisConfiguration): string {
  if (url !== undefined) {
    const { hostname, port } = new URL(url);
    return `${hostname}:${port || 6379}`;
  }
  if (sentinels === undefined) return `the cluster of ${cluster.nodes.join(', ')}`;
  return `the primary "${sentinels.name}" of the Sentinels ${sentinels.nodes.join(', ')}`;
}

/** Exactly one thing says where Redis is, and the others fit to it. */
export function checkRedisPlace(redis: FileRedis, problems: Problems): void {
  const { url, sentinels, cluster, prefix } = redis;
  const keep =
    'keep one of redis.url, redis.sentinels and redis.cluster; REDIS_URL sets redis.url too';
  if (sentinels !== null && cluster !== null) {
    problems.add(['redis', 'cluster'], 'is given beside redis.sentinels', keep);
  }
  if (url !== undefined) {
    if (sentinels !== null) problems.add(['redis', 'sentinels'], 'is given beside redis.url', keep);
    if (cluster !== null) problems.add(['redis', 'cluster'], 'is given beside redis.url', keep);
    checkUrl({ ...redis, url }, problems);
  } else if (sentinels === null && cluster === null) {
    const fix = 'add it, or set REDIS_URL; redis.sentinels or redis.cluster can take its place';
    problems.add(['redis', 'url'], 'is missing', fix);
  }
  if (cluster !== null && !keepsOneSlot(prefix)) {
    const message = 'has no braces, and a cluster would keep its keys in several slots';
    problems.add(['redis', 'prefix'], message, `write it like '${inBraces(prefix)}'`);
  }
}

function checkUrl(
  { url, username, password, passwordFile, tls }: FileRedis & { readonly url: string },
  problems: Problems,
): void {
  if (!URL.canParse(url)) {
    problems.add(['redis', 'url'], 'must be a Redis URL', 'write it like redis://host:6379');
    return;
  }
  const inUrl = new URL(url);
  const twice = (key: string): void =>
    problems.add(['redis', key], 'is given twice: redis.url holds one too', 'keep one of them');
  if (inUrl.password !== '') {
    if (passwordFile !== undefined) twice('passwordFile');
    else if (password !== undefined) twice('password');
  }
  if (inUrl.username !== '' && username !== undefined) twice('username');
  if (tls === null || inUrl.protocol === 'rediss:') return;
  const fix = 'write rediss:// in redis.url (or REDIS_URL), or remove redis.tls';
  problems.add(['redis', 'tls'], 'is for TLS, and the URL is without', fix);
}
