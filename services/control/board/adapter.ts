import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type {
  AppControllerRoute,
  BullBoardQueues,
  ControllerHandlerReturnType,
  IServerAdapter,
} from '@bull-board/api/typings/app';
import { describeEnvelope, type Queue } from '#store/delivery/queues.ts';

/** What bull-board answers a question with. */
export interface BoardQuestion {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string>>;
}

/** A question that bull-board's pages ask. */
export interface BoardRoute {
  readonly path: string;
  readonly answer: (
    question: BoardQuestion,
  ) => Promise<{ readonly status: number; readonly body: unknown }>;
}

export interface Board {
  /** The questions that change nothing. */
  readonly routes: readonly BoardRoute[];
  /** What its pages must know, as text of JSON that can stand in a page. */
  readonly configuration: string;
  /** Shows these queues from now on. */
  show(queues: readonly Queue[]): void;
}

const LOOK = {
  boardTitle: 'capi-relay',
  boardLogo: { path: '' },
  hideDocsLink: true,
  hideRedisDetails: true,
  showWorkers: false,
  miscLinks: [{ text: 'To the overview', url: '/' }],
  favIcon: { default: 'static/images/logo.svg', alternative: 'static/favicon-32x32.png' },
};

/** bull-board without anything that could change a queue, and with envelopes as numbers alone. */
export function createBoard(): Board {
  let routes: readonly AppControllerRoute[] = [];
  let queues: BullBoardQueues = new Map();
  let uiConfig: Readonly<Record<string, unknown>> = LOOK;
  let failed: (error: Error) => ControllerHandlerReturnType = () => ({ status: 500, body: '' });
  const server: IServerAdapter = {
    setQueues(shown) {
      queues = shown;
      return server;
    },
    setApiRoutes(all) {
      routes = all.filter(({ method }) => [method].flat().every((each) => each === 'get'));
      return server;
    },
    setErrorHandler(handler) {
      failed = handler;
      return server;
    },
    setUIConfig(config) {
      uiConfig = { ...config };
      return server;
    },
    setEntryRoute: () => server,
    setStaticPath: () => server,
    setViewsPath: () => server,
  };
  const { setQueues } = createBullBoard({
    queues: [],
    serverAdapter: server,
    options: { uiConfig: LOOK },
  });
  const answer = async (
    { handler }: AppControllerRoute,
    { query, params }: BoardQuestion,
  ): Promise<{ status: number; body: unknown }> => {
    try {
      const request = { queues, uiConfig, params, query, body: {}, headers: {} };
      const { status = 200, body } = await handler(request);
      return { status, body };
    } catch (error) {
      const { status = 500, body } = failed(error as Error);
      return { status, body };
    }
  };
  return {
    routes: routes.flatMap((route) =>
      [route.route].flat().map((path) => ({ path, answer: (asked) => answer(route, asked) })),
    ),
    configuration: JSON.stringify(uiConfig).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e'),
    show: (shown) => setQueues(shown.map(readOnly)),
  };
}

function readOnly(queue: Queue): BullMQAdapter {
  const adapter = new BullMQAdapter(queue, { readOnlyMode: true, displayName: queue.name });
  adapter.setFormatter('data', describeEnvelope);
  adapter.setFormatter('returnValue', () => null);
  return adapter;
}
