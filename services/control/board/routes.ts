import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Queue, queueToLookAt } from '#store/delivery/queues.ts';
import type { Store } from '#store/store.ts';
import { type Board, createBoard } from './adapter.ts';
import { boardFiles, boardPage } from './files.ts';

const BASE = '/queues';

/** The pages of bull-board's own that lead to one of its parts when they are loaded anew. */
const PAGES = [BASE, `${BASE}/`, `${BASE}/queue/*`];

/** Serves bull-board below `/queues`, for looking alone. */
export function addBoard(
  app: FastifyInstance,
  shown: () => { store: Store; pixelIds: readonly string[] },
): void {
  const board = createBoard();
  const files = boardFiles();
  const page = boardPage(`${BASE}/`, board.configuration);
  const refresh = keepInStep(board, shown);
  for (const path of PAGES) {
    app.get(path, (_request, reply) =>
      reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(page),
    );
  }
  app.get(`${BASE}/static/*`, async (request, reply) => {
    const found = files.get((request.params as { '*': string })['*']);
    if (found === undefined) return reply.callNotFound();
    reply.header('cache-control', 'private, max-age=86400').type(found.type);
    return reply.send(await readFile(found.file));
  });
  for (const { path, answer } of board.routes) {
    app.get(BASE + path, async (request, reply) => {
      refresh();
      const { status, body } = await answer(questionOf(request));
      return reply.code(status).header('cache-control', 'no-store').send(body);
    });
  }
}

/** Pixels come and go with the configuration. */
function keepInStep(
  board: Board,
  shown: () => { store: Store; pixelIds: readonly string[] },
): () => void {
  const queues = new Map<string, Queue>();
  let before = '';
  return () => {
    const { store, pixelIds } = shown();
    if (pixelIds.join() === before) return;
    before = pixelIds.join();
    for (const pixelId of pixelIds) {
      if (!queues.has(pixelId)) queues.set(pixelId, queueToLookAt(store, pixelId));
    }
    board.show(pixelIds.flatMap((pixelId) => queues.get(pixelId) ?? []));
  };
}

function questionOf(request: FastifyRequest) {
  const [path = '', query = ''] = request.url.split('?');
  return {
    path,
    query: Object.fromEntries(new URLSearchParams(query)),
    params: request.params as Readonly<Record<string, string>>,
  };
}
