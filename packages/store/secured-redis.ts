import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Redis, type RedisOptions } from 'ioredis';
import type {
  RedisConfiguration,
  RedisLogin,
  RedisSentinels,
  RedisTls,
} from '#config/configuration.ts';
import { isElsewhere } from './redis-fault.ts';
import { ASKING, type OpenServer } from './topology/ask-servers.ts';
import { locateInCluster } from './topology/cluster.ts';
import { createLocatingConnector, type Locate } from './topology/locating-connector.ts';
import { locateBySentinels } from './topology/sentinels.ts';

/** Which Redis, and how to log in: a URL, or what the configuration says of it. */
export type RedisAddress = string | RedisConfiguration;

type Options = Omit<RedisOptions, 'replyMapping'>;

/** What an address secures its connections with, as it is now. */
type Refresh = (options: Options) => void;

type Place = 'redis.url' | 'redis.sentinels' | 'redis.cluster';

const places = new WeakMap<Redis, Place>();

/** The key of the configuration that says which Redis a connection leads to. */
export function locatedBy(redis: Redis): Place {
  return places.get(redis) ?? 'redis.url';
}

/**
 * Opens a connection that reads password and certificates again whenever it connects, as do those that
 * are made from it: a secret that is replaced takes effect without a restart.
 */
export function openRedis(address: RedisAddress, options: Options): Redis {
  if (typeof address === 'string') return new Redis(address, options);
  const refreshes = [passwordOf(address), tlsOf(address)].filter((each) => each !== null);
  const { url, sentinels, username, password } = address;
  const leaving = () => (url === undefined ? { reconnectOnError: createLeaving() } : {});
  class SecuredRedis extends Redis {
    override connect(callback?: Parameters<Redis['connect']>[0]): Promise<void> {
      for (const refresh of refreshes) refresh(this.options);
      return super.connect(callback);
    }

    override duplicate(more: Partial<Options> = {}): ReturnType<Redis['duplicate']> {
      return placed(new SecuredRedis({ ...own(this.options), ...leaving(), ...own(more) }));
    }
  }
  const placed = (redis: Redis): Redis => {
    if (url === undefined) {
      places.set(redis, sentinels === undefined ? 'redis.cluster' : 'redis.sentinels');
    }
    return redis;
  };
  const complete = {
    ...options,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  };
  if (url !== undefined) return new SecuredRedis(url, complete);
  const Connector = createLocatingConnector(locatorOf(address));
  return placed(new SecuredRedis({ ...complete, ...leaving(), Connector }));
}

/** A cluster that is down for long must not have its clients come and go all the time, in ms. */
const LEAVE_EVERY_MS = 1000;

/**
 * Whether to look for another server after an error reply. What failed fails all the same, and whoever
 * asked asks again: nothing is sent again by the connection itself.
 */
function createLeaving(): (error: Error) => boolean {
  let leftAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (!isElsewhere(error) || now - leftAt < LEAVE_EVERY_MS) return false;
    leftAt = now;
    return true;
  };
}

function locatorOf({ sentinels, cluster, prefix, ...login }: RedisConfiguration): Locate {
  if (sentinels !== undefined) return locateBySentinels(sentinels, openSentinels(sentinels));
  const { nodes } = cluster ?? { nodes: [] };
  return locateInCluster({ nodes, prefix }, openServers(login));
}

/** What opens connections to Sentinels. */
export function openSentinels({ nodes: _, name: __, ...login }: RedisSentinels): OpenServer {
  return openServers(login);
}

/** What opens connections to servers that are asked where the primary is. */
function openServers(login: RedisLogin & { readonly tls?: RedisTls }): OpenServer {
  const scheme = login.tls === undefined ? 'redis' : 'rediss';
  return (server) => openRedis({ ...login, url: `${scheme}://${server}`, prefix: '' }, ASKING);
}

/** The form of replies stays the usual one. */
function own({ replyMapping: _, ...options }: Partial<RedisOptions>): Options {
  return options;
}

function passwordOf({ passwordFile }: Exclude<RedisAddress, string>): Refresh | null {
  if (passwordFile === undefined) return null;
  let known: string | undefined;
  return (options) => {
    known = readNow(passwordFile) ?? known;
    options.password = known;
  };
}

function tlsOf({ url, tls }: Exclude<RedisAddress, string>): Refresh | null {
  const at = url === undefined ? null : new URL(url);
  if (at === null ? tls === undefined : at.protocol !== 'rediss:') return null;
  const hostname = at?.hostname ?? '';
  const isName = hostname !== '' && isIP(hostname.replace(/^\[|\]$/g, '')) === 0;
  // Services that tell their customers apart by it need the name even without a setting.
  const servername = tls?.serverName ?? (isName ? hostname : undefined);
  let known: SecureContext | undefined;
  return (options) => {
    known = contextOf(tls ?? {}) ?? known;
    options.tls = {
      ...(known === undefined ? {} : { secureContext: known }),
      ...(servername === undefined ? {} : { servername }),
    };
  };
}

/** Undefined where a file cannot be read, or is half written: the next connection reads it again. */
function contextOf({
  caFile,
  certFile,
  keyFile,
  keyPassphrase,
}: RedisTls): SecureContext | undefined {
  const files = Object.entries({ ca: caFile, cert: certFile, key: keyFile });
  const texts = files.flatMap(([name, file]) =>
    file === undefined ? [] : [[name, readNow(file)] as const],
  );
  if (texts.some(([, text]) => text === undefined)) return undefined;
  const passphrase = keyPassphrase === undefined ? {} : { passphrase: keyPassphrase };
  try {
    return createSecureContext({ ...Object.fromEntries(texts), ...passphrase });
  } catch {
    return undefined;
  }
}

/** At once: a connection takes its credentials in the moment that it is made. */
function readNow(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trimEnd() || undefined;
  } catch {
    return undefined;
  }
}
