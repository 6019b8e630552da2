import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An event that Meta has accepted. */
export interface Arrival {
  readonly pixel: string;
  readonly eventId: string;
  /** Unix ms. */
  readonly at: number;
}

/** Stands between the worker and the sandbox, and notes when which event was accepted. */
export class IsolationProxy {
  arrivals: Arrival[] = [];
  private readonly server: Server;
  private readonly target: string;

  constructor(target: string) {
    this.target = target;
    this.server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const forward = httpRequest(new URL(request.url ?? '', this.target), {
          method: request.method,
          headers: request.headers,
        });
        forward.on('response', (answer) => {
          if (answer.statusCode === 200) this.note(request.url ?? '', body);
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        });
        forward.on('error', () => response.destroy());
        response.on('close', () => forward.destroy());
        forward.end(body);
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private note(url: string, body: Buffer): void {
    const at = Date.now();
    const pixel = url.split('/')[2] ?? '';
    const { data } = JSON.parse(body.toString()) as { data: { event_id: string }[] };
    for (const { event_id: eventId } of data) this.arrivals.push({ pixel, eventId, at });
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
