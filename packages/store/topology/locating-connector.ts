import { createConnection, isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector, type Redis, type RedisOptions } from 'ioredis';
import { NotLocated } from './not-located.ts';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Finds the server that takes writes now. @throws NotLocated */
export type Locate = () => Promise<ServerAddress>;

const reached = new WeakMap<object, ServerAddress>();

/** The server that a connection leads to, or led to last, as host:port. */
export function reachedServer({ options }: Redis): string {
  const { host = 'localhost', port = 6379 } = options;
  return writeAddress(reached.get(options) ?? { host, port });
}

/** `host:port`, with brackets around an IPv6 address. */
export function writeAddress({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** How long a socket may take to close before it is destroyed, as with ioredis's own connectors. */
const DISCONNECT_MS = 2000;

type Stream = Awaited<ReturnType<AbstractConnector['connect']>>;
type Tell = Parameters<AbstractConnector['connect']>[0];

/**
 * Has a connection of ioredis ask, before each attempt, which server takes writes. Everything else is as
 * with one server: what had no answer when the connection broke fails, or waits, by the same options, so
 * that what holds for a lost connection holds for a failover too. ioredis's own client for clusters would
 * send such commands again by itself, and makes a connection to every node. All our keys are in one slot,
 * hence on one node. Its connector for Sentinels gives up for good where none answers, or lets commands
 * wait as long as none does; here an attempt that finds no server is one that failed.
 */
export function createLocatingConnector(
  locate: Locate,
): new (
  options: unknown,
) => AbstractConnector {
  return class extends LocatingConnector {
    protected override locate = locate;
  };
}

abstract class LocatingConnector extends AbstractConnector {
  protected abstract locate: Locate;
  private readonly options: RedisOptions;
  private tell: Tell = () => {};

  constructor(options: unknown) {
    super(DISCONNECT_MS);
    // ioredis hands over those of the connection, which it completes before each attempt.
    this.options = options as RedisOptions;
  }

  /** Whoever said that it is the primary may not have heard yet that it is no longer. */
  override check(info: { readonly role?: string }): boolean {
    const { role = 'master' } = info;
    if (role === 'master') return true;
    const server = reached.get(this.options);
    const which = server === undefined ? 'the server' : writeAddress(server);
    this.tell('error', new NotLocated(`${which} is a replica by now`));
    return false;
  }

  override async connect(tell: Tell): Promise<Stream> {
    this.connecting = true;
    this.tell = tell;
    delete this.firstError;
    const found = await this.locate().catch((error: Error) => error);
    if (!this.connecting || found instanceof Error) return this.failed(found);
    reached.set(this.options, found);
    return this.open(found);
  }

  private open({ host, port }: ServerAddress): Stream {
    const { tls } = this.options;
    const named = isIP(host) === 0 ? { servername: host } : {};
    this.stream = tls
      ? connectTls({ host, port, ...named, ...tls })
      : createConnection({ host, port });
    this.stream.once('error', (error) => {
      this.firstError = error;
    });
    return this.stream;
  }

  /** A socket that has failed: ioredis tries again by its own rules. */
  private failed(reason: unknown): Stream {
    if (reason instanceof Error) this.firstError = reason;
    this.stream = new Socket().destroy();
    return this.stream;
  }
}
