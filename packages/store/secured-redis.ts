import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisConfiguration, RedisTls } from '#config/configuration.ts';

/** Which Redis, and how to log in: a URL, or what the configuration says of it. */
export type RedisAddress = string | Omit<RedisConfiguration, 'prefix'>;

type Options = Omit<RedisOptions, 'replyMapping'>;

/** What an address secures its connections with, as it is now. */
type Refresh = (options: Options) => void;

/**
 * Opens a connection that reads password and certificates again whenever it connects, as do those that
 * are made from it: a secret that is replaced takes effect without a restart.
 */
export function openRedis(address: RedisAddress, options: Options): Redis {
  if (typeof address === 'string') return new Redis(address, options);
  const refreshes = [passwordOf(address), tlsOf(address)].filter((each) => each !== null);
  class SecuredRedis extends Redis {
    override connect(callback?: Parameters<Redis['connect']>[0]): Promise<void> {
      for (const refresh of refreshes) refresh(this.options);
      return super.connect(callback);
    }

    override duplicate(more: Partial<Options> = {}): ReturnType<Redis['duplicate']> {
      return new SecuredRedis({ ...own(this.options), ...own(more) });
    }
  }
  const { url, username, password } = address;
  return new SecuredRedis(url, {
    ...options,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
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

function tlsOf({ url, tls = {} }: Exclude<RedisAddress, string>): Refresh | null {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'rediss:') return null;
  const host = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : undefined;
  // Services that tell their customers apart by it need the name even without a setting.
  const servername = tls.serverName ?? host;
  let known: SecureContext | undefined;
  return (options) => {
    known = contextOf(tls) ?? known;
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
