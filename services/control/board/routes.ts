import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { type Queue, queueToLookAt } from '#store/delivery/queues.ts';
import type { Store } from '#store/store.ts';
import { type Board, createBoard } from './adapter.ts';

export interface BoardDeps {
  readonly store: Store;
  /** The configured pixels, whose queues are shown. */
  readonly pixelIds: () => readonly string[];
}

const BASE = '/queues';

/** The paths of bull-board's pages, for visitors that reload one. */
const PAGES = [BASE, `${BASE}/`, `${BASE}/queue/*`];

const DIST = join(
  dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json')),
  'dist',
);

/** bull-board's page names the folder of its files in a base element. */
const HELMET = { contentSecurityPolicy: { directives: { baseUri: ["'self'"] } } };

/** Serves bull-board below `/queues`, read-only. */
export async function addBoard(app: FastifyInstance, deps: BoardDeps): Promise<void> {
  const board = createBoard();
  const page = boardPage(`${BASE}/`, board.configuration);
  const refresh = keepInStep(board, deps);
  for (const path of PAGES) {
    app.get(path, { helmet: HELMET }, (_request, reply) =>
      reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(page),
    );
  }
  await app.register(staticFiles, {
    root: join(DIST, 'static'),
    prefix: `${BASE}/static/`,
    cacheControl: false,
    setHeaders: (reply) => reply.header('cache-control', 'private, max-age=86400'),
    decorateReply: false,
  });
  for (const { path, answer } of board.routes) {
    app.get<{ Params: Record<string, string>; Querystring: Record<string, string> }>(
      BASE + path,
      async ({ params, query }, reply) => {
        refresh();
        const { status, body } = await answer({ params, query });
        return reply.code(status).header('cache-control', 'no-store').send(body);
      },
    );
  }
}

/** Shows the queues of the pixels that are configured now. */
function keepInStep(board: Board, { store, pixelIds }: BoardDeps): () => void {
  const queues = new Map<string, Queue>();
  let before = '';
  return () => {
    const ids = pixelIds();
    if (ids.join() === before) return;
    before = ids.join();
    for (const id of ids) if (!queues.has(id)) queues.set(id, queueToLookAt(store, id));
    board.show(ids.flatMap((id) => queues.get(id) ?? []));
  };
}

/** Links to other sites, and styles that the content security policy blocks. */
const BLOCKED =
  /<link href="https:[^>]*>|<style>(?:(?!<\/?style>)[\s\S])*<\/style>| style="[^"]*"/g;

const WITHOUT_SCRIPTS =
  '<noscript>The queues need JavaScript. <a href="/">The overview</a> counts what waits in them without it.</noscript>';

/** bull-board's page below `base`, without anything from other sites. */
function boardPage(base: string, configuration: string): string {
  const values: Readonly<Record<string, string>> = {
    basePath: base,
    title: 'Queues · capi-relay',
    favIconDefault: 'static/images/logo.svg',
    favIconAlternative: 'static/favicon-32x32.png',
    uiConfig: configuration,
  };
  return readFileSync(join(DIST, 'index.ejs'), 'utf8')
    .replace(BLOCKED, '')
    .replace('<div id="root">', `${WITHOUT_SCRIPTS}<div id="root">`)
    .replace(/<%[-=]\s*(\w+)\s*%>/g, (_, name: string) => values[name] ?? '');
}
