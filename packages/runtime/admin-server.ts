import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './logger.ts';

/** One thing that must hold for a process to be well. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong, in words; nothing secret. */
  readonly detail?: string;
}

export interface AdminServerOptions {
  /** 0 picks a free one. */
  readonly port: number;
  readonly page: () => Promise<string>;
  /** Whether the process works at all: a failing check asks for a restart. */
  readonly live: () => Check[];
  /** Whether it does its job now. */
  readonly ready: () => Check[] | Promise<Check[]>;
  readonly logger: Logger;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

const ROUTES =
  '/metrics  Prometheus\n/livez    is the process alive?\n/readyz   does it do its job?\n';

/** Serves `/metrics`, `/livez` and `/readyz`, and says in a log line where. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    answer(options, path ?? '', response).catch(() =>
      send(response, 500, 'text/plain', 'failed\n'),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        taken ? new Error(`port ${options.port} is taken: configure another one, or 0`) : error,
      );
    });
    server.listen(options.port, resolve);
  });
  const { port } = server.address() as AddressInfo;
  options.logger.info({ port }, 'listening');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: AdminServerOptions,
  path: string,
  response: ServerResponse,
): Promise<void> {
  switch (path) {
    case '/metrics':
      return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await options.page());
    case '/livez':
      return report(response, options.live());
    case '/readyz':
      return report(response, await options.ready());
    default:
      return send(response, 404, 'text/plain', ROUTES);
  }
}

function report(response: ServerResponse, checks: readonly Check[]): void {
  const status = checks.every(({ ok }) => ok) ? 200 : 503;
  const body = JSON.stringify({ ok: status === 200, checks });
  send(response, status, 'application/json', `${body}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}
