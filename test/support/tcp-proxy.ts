import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '#local/ports.ts';

/** What a proxy does with bytes that go one way. */
export type Passage = 'through' | 'hold';

/**
 * Sees every chunk on its way to the server. `cut` lets the server have it and cuts the connection at
 * the first sign of an answer, which the client never gets.
 */
export type Watcher = (chunk: Buffer) => 'pass' | 'cut';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Cut as soon as the server answers. */
  condemned: boolean;
}

/** Stands between a client and a server, and cuts, delays or swallows what they say. */
export class TcpProxy {
  readonly port: number;
  /** Connections that were cut off so far. */
  cuts = 0;
  private target: number;
  private readonly listener: Server;
  private readonly pairs = new Set<Pair>();
  private watcher: Watcher | null = null;
  private answers: Passage = 'through';
  private requests: Passage = 'through';
  private delayMs = 0;
  private answerDelayMs = 0;
  private refusing = false;

  private constructor(target: number, port: number, listener: Server) {
    this.target = target;
    this.port = port;
    this.listener = listener;
  }

  /** A proxy at a free port of the loopback interface, or at the given one. */
  static async to(target: number, port?: number): Promise<TcpProxy> {
    const listener = createServer();
    const proxy = new TcpProxy(target, port ?? (await freePort()), listener);
    listener.on('connection', (client) => proxy.join(client));
    listener.listen(proxy.port, '127.0.0.1');
    await once(listener, 'listening');
    return proxy;
  }

  /** Leads every client elsewhere from now on, as a DNS name or a virtual address does after a failover. */
  redirect(target: number): void {
    this.target = target;
    this.cut();
  }

  /** Breaks every connection now. */
  cut(): void {
    for (const pair of this.pairs) this.end(pair);
  }

  /** Breaks every connection and each new one, as a server that is down does. */
  refuse(on: boolean): void {
    this.refusing = on;
    if (on) this.cut();
  }

  /** Lets bytes through, or keeps them while the connection stays open, as a dead network does. */
  blackHole(way: 'requests' | 'answers', on: boolean): void {
    this[way] = on ? 'hold' : 'through';
    for (const { client, server } of this.pairs) {
      const from = way === 'requests' ? client : server;
      if (on) from.pause();
      else from.resume();
    }
  }

  /** Each chunk to the server waits so long. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Each chunk from the server waits so long. */
  delayAnswers(ms: number): void {
    this.answerDelayMs = ms;
  }

  /** Asks the watcher about every chunk from now on; null asks no one. */
  watch(watcher: Watcher | null): void {
    this.watcher = watcher;
  }

  async close(): Promise<void> {
    this.listener.close();
    this.cut();
    await once(this.listener, 'close');
  }

  private join(client: Socket): void {
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.target, host: '127.0.0.1' });
    const pair: Pair = { client, server, condemned: false };
    this.pairs.add(pair);
    client.on('data', (chunk) => this.forward(pair, chunk));
    server.on('data', (chunk) => {
      const send = (): void => {
        if (pair.condemned) this.cutOff(pair);
        else if (client.writable) client.write(chunk);
      };
      if (this.answerDelayMs === 0) send();
      else setTimeout(send, this.answerDelayMs);
    });
    if (this.requests === 'hold') client.pause();
    if (this.answers === 'hold') server.pause();
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => this.end(pair));
    }
  }

  private forward(pair: Pair, chunk: Buffer): void {
    const send = (): void => {
      if (!pair.server.writable) return;
      if (this.watcher?.(chunk) === 'cut') pair.condemned = true;
      pair.server.write(chunk);
    };
    if (this.delayMs === 0) send();
    else setTimeout(send, this.delayMs);
  }

  /** The server has answered, so that it has done what it was asked. */
  private cutOff(pair: Pair): void {
    if (!this.pairs.has(pair)) return;
    this.cuts += 1;
    this.end(pair);
  }

  private end(pair: Pair): void {
    if (!this.pairs.delete(pair)) return;
    pair.client.destroy();
    pair.server.destroy();
  }
}
