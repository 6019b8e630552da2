import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance } from 'fastify';
import { describeEnvelope, type Queue, readOnlyQueue } from '#store/delivery/queues.ts';
import type { RouteDeps } from './routes/route.ts';
import { contentSecurityPolicy } from './security/headers.ts';

type BoardDeps = Pick<RouteDeps, 'store' | 'configuration'>;

const BASE = '/queues';

/** bull-board's page names the folder of its files in a base element. */
const HELMET = { contentSecurityPolicy: contentSecurityPolicy("'self'") };

const UI_CONFIG = {
  boardTitle: 'Queues · capi-relay',
  boardLogo: { path: '' },
  hideDocsLink: true,
  hideRedisDetails: true,
  showWorkers: false,
  miscLinks: [{ text: 'To the overview', url: '/' }],
  favIcon: { default: 'static/images/logo.svg', alternative: 'static/favicon-32x32.png' },
};

/** Without the routes that change a queue. */
class ReadOnlyAdapter extends FastifyAdapter {
  override setApiRoutes(routes: Parameters<FastifyAdapter['setApiRoutes']>[0]): FastifyAdapter {
    return super.setApiRoutes(routes.filter(({ method }) => [method].flat().join() === 'get'));
  }
}

/** Serves bull-board below `/queues`: read-only, and with envelopes as numbers alone. */
export async function addBoard(app: FastifyInstance, deps: BoardDeps): Promise<void> {
  const serverAdapter = new ReadOnlyAdapter().setBasePath(BASE);
  const board = createBullBoard({ queues: [], serverAdapter, options: { uiConfig: UI_CONFIG } });
  const refresh = keepInStep(board, deps);
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', async (_request, reply) => {
        reply.helmet(HELMET);
        refresh();
      });
      scope.addHook('onSend', async ({ url }, reply, payload) => {
        const isFile = url.startsWith(`${BASE}/static/`) && reply.statusCode < 400;
        reply.header('cache-control', isFile ? 'private, max-age=86400' : 'no-store');
        const isPage = String(reply.getHeader('content-type')).startsWith('text/html');
        return isPage && typeof payload === 'string' ? withoutForeignFiles(payload) : payload;
      });
      await scope.register(serverAdapter.registerPlugin());
    },
    { prefix: BASE },
  );
}

/** Shows the queues of the pixels that are configured now. */
function keepInStep(
  board: ReturnType<typeof createBullBoard>,
  { store, configuration }: BoardDeps,
): () => void {
  const queues = new Map<string, BullMQAdapter>();
  let before = '';
  return () => {
    const ids = configuration().pixels.map(({ pixelId }) => pixelId);
    if (ids.join() === before) return;
    before = ids.join();
    for (const id of ids) if (!queues.has(id)) queues.set(id, readOnly(readOnlyQueue(store, id)));
    board.setQueues(ids.flatMap((id) => queues.get(id) ?? []));
  };
}

function readOnly(queue: Queue): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode: true, displayName: queue.name });
  adapter.setFormatter('data', describeEnvelope);
  adapter.setFormatter('returnValue', () => null);
  return adapter;
}

/** Links to other sites, and styles that the content security policy blocks. */
const BLOCKED =
  /<link href="https:[^>]*>|<style>(?:(?!<\/?style>)[\s\S])*<\/style>| style="[^"]*"/g;

const WITHOUT_SCRIPTS =
  '<noscript>The queues need JavaScript. <a href="/">The overview</a> counts what waits in them without it.</noscript>';

/** bull-board's page with nothing from other sites. */
function withoutForeignFiles(page: string): string {
  return page.replace(BLOCKED, '').replace('<div id="root">', `${WITHOUT_SCRIPTS}<div id="root">`);
}
