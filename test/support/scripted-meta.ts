import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What becomes of a request: `accept` and `silence` take its events, and `silence` never says so;
 * `refuse` blames one of them without saying which; `fail` is an error of the server.
 */
export type ScriptedAnswer = 'accept' | 'refuse' | 'fail' | 'silence';

export interface ScriptedRequest {
  /** The ids of its events. */
  readonly ids: readonly string[];
  /** Which of its clients sent it, numbered in the order in which they came. */
  readonly client: number;
}

export type Script = (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

const ANSWERS: { readonly [V in ScriptedAnswer]?: [status: number, body: object] } = {
  refuse: [
    400,
    { error: { message: 'Invalid parameter', code: 100, error_subcode: 2804001, fbtrace_id: 'T' } },
  ],
  fail: [500, { error: { message: 'Service temporarily unavailable', code: 2 } }],
};

/** A Conversions API that answers each request as a test wants it to. */
export class ScriptedMeta {
  /** Requests with what became of them, in the order in which that was decided. */
  readonly judged: (ScriptedRequest & { readonly answer: ScriptedAnswer })[] = [];
  private readonly server: Server;
  private readonly clients: Socket[] = [];
  private readonly script: Script;

  private constructor(server: Server, script: Script) {
    this.server = server;
    this.script = script;
  }

  static async start(script: Script): Promise<ScriptedMeta> {
    const server = createServer();
    const meta = new ScriptedMeta(server, script);
    server.on('request', (request, response) => void meta.handle(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return meta;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How often each event was taken. */
  taken(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { ids, answer } of this.judged) {
      if (answer !== 'accept' && answer !== 'silence') continue;
      for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { data } = JSON.parse(Buffer.concat(chunks).toString()) as {
      data: { event_id: string }[];
    };
    if (!this.clients.includes(request.socket)) this.clients.push(request.socket);
    const ids = data.map(({ event_id }) => event_id);
    const asked = { ids, client: this.clients.indexOf(request.socket) };
    const answer = await this.script(asked);
    this.judged.push({ ...asked, answer });
    if (answer === 'silence') return;
    const accepted = { events_received: ids.length, messages: [], fbtrace_id: 'T' };
    const [status, body] = ANSWERS[answer] ?? [200, accepted];
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }
}
