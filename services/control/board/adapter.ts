import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type {
  AppControllerRoute,
  BullBoardQueues,
  ControllerHandlerReturnType,
  IServerAdapter,
} from '@bull-board/api/typings/app';
import { describeEnvelope, type Queue } from '#store/delivery/queues.ts';

/** A request of bull-board's pages for data. */
interface DataRequest {
  readonly query: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
}

export interface Board {
  /** The requests that change nothing. */
  readonly routes: readonly {
    readonly path: string;
    readonly answer: (request: DataRequest) => Promise<{ status: number; body: unknown }>;
  }[];
  /** The settings of its pages, as JSON that is safe inside a page. */
  readonly configuration: string;
  /** Replaces the queues that it shows. */
  show(queues: readonly Queue[]): void;
}

const UI_CONFIG = {
  boardTitle: 'capi-relay',
  boardLogo: { path: '' },
  hideDocsLink: true,
  hideRedisDetails: true,
  showWorkers: false,
  miscLinks: [{ text: 'To the overview', url: '/' }],
  favIcon: { default: 'static/images/logo.svg', alternative: 'static/favicon-32x32.png' },
};

/** What bull-board hands to a server adapter. */
interface Registered {
  routes: readonly AppControllerRoute[];
  queues: BullBoardQueues;
  uiConfig: Readonly<Record<string, unknown>>;
  onError: (error: Error) => ControllerHandlerReturnType;
}

/** bull-board without the routes that change a queue, and with envelopes as numbers alone. */
export function createBoard(): Board {
  const board: Registered = {
    routes: [],
    queues: new Map(),
    uiConfig: UI_CONFIG,
    onError: () => ({ status: 500, body: '' }),
  };
  const { setQueues } = createBullBoard({
    queues: [],
    serverAdapter: createServerAdapter(board),
    options: { uiConfig: UI_CONFIG },
  });
  const answer = async ({ handler }: AppControllerRoute, { query, params }: DataRequest) => {
    const { queues, uiConfig } = board;
    const request = { queues, uiConfig, params, query, body: {}, headers: {} };
    try {
      const { status = 200, body } = await handler(request);
      return { status, body };
    } catch (error) {
      const { status = 500, body } = board.onError(error as Error);
      return { status, body };
    }
  };
  return {
    routes: board.routes.flatMap((route) =>
      [route.route].flat().map((path) => ({ path, answer: (request) => answer(route, request) })),
    ),
    configuration: JSON.stringify(board.uiConfig)
      .replaceAll('<', '\\u003c')
      .replaceAll('>', '\\u003e'),
    show: (shown) => setQueues(shown.map(readOnly)),
  };
}

function createServerAdapter(board: Registered): IServerAdapter {
  const adapter: IServerAdapter = {
    setQueues(queues) {
      board.queues = queues;
      return adapter;
    },
    setApiRoutes(all) {
      board.routes = all.filter(({ method }) => [method].flat().every((each) => each === 'get'));
      return adapter;
    },
    setErrorHandler(handler) {
      board.onError = handler;
      return adapter;
    },
    setUIConfig(config) {
      board.uiConfig = { ...config };
      return adapter;
    },
    setEntryRoute: () => adapter,
    setStaticPath: () => adapter,
    setViewsPath: () => adapter,
  };
  return adapter;
}

function readOnly(queue: Queue): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode: true, displayName: queue.name });
  adapter.setFormatter('data', describeEnvelope);
  adapter.setFormatter('returnValue', () => null);
  return adapter;
}
