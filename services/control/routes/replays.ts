import { planReplay, sum } from '#store/dead-letters/replay/counts.ts';
import type { ReplayState } from '#store/dead-letters/replay/state.ts';
import {
  changeReplay,
  createReplay,
  listReplays,
  readDetached,
  readReplay,
} from '#store/dead-letters/replay/store.ts';
import { select } from '#store/dead-letters/select.ts';
import { isLockFree } from '#store/locks.ts';
import type { Page, Visit } from '../layout.ts';
import { PATHS } from '../pages/links.ts';
import { newReplayPage } from '../pages/new-replay.ts';
import { replayPage } from '../pages/replay.ts';
import { replaysPage } from '../pages/replays.ts';
import {
  parseReplayRequest,
  type ReplayRequest,
  type ReplaySettings,
  readReason,
  readReplayRequest,
} from './replay-request.ts';
import {
  HttpError,
  type PageRequest,
  type PageResult,
  type RouteDeps,
  type RouteHandler,
  type Routes,
} from './route.ts';

const LISTED = 100;

export function replayRoutes(deps: RouteDeps): Routes {
  const { store } = deps;
  return {
    'GET /replays': async ({ visit }) => replaysPage(await listReplays(store, LISTED), visit),
    'GET /replays/new': ({ query, visit }) => planPage(deps, readReplayRequest(query), visit),
    'GET /replays/:id': async ({ params: { id = '' }, visit }) => {
      const replay = await readReplay(store, id);
      return replay === null ? notFound(id) : replayPage(replay, visit);
    },
    'POST /replays': (form) => startReplay(deps, form),
    'POST /replays/:id/pause': changing(deps, 'paused'),
    'POST /replays/:id/resume': changing(deps, 'running'),
    'POST /replays/:id/cancel': changing(deps, 'cancelled'),
  };
}

function notFound(id: string): never {
  throw new HttpError(404, 'Not found', `There is no replay ${id}.`);
}

/** An empty form plans nothing. */
async function planPage(deps: RouteDeps, request: ReplayRequest, visit: Visit): Promise<Page> {
  if (request.where === '' && !request.all) {
    return newReplayPage({ request, problem: null, plan: null }, visit);
  }
  const settings = parseReplayRequest(request);
  if (typeof settings === 'string') {
    return newReplayPage({ request, problem: settings, plan: null }, visit);
  }
  const plan = await planOf(deps, settings, visit.now);
  const problem = plan.counts.matched === 0 ? 'No dead letter matches.' : null;
  return newReplayPage({ request, problem, plan: problem === null ? plan : null }, visit);
}

function planOf({ store, configuration }: RouteDeps, settings: ReplaySettings, now: number) {
  const letters = select(store, settings.filter, { order: 'oldest', now });
  const pixelIds = new Set(configuration().pixels.map(({ pixelId }) => pixelId));
  return planReplay(letters, { ...settings, pixelIds }, { max: settings.max, now });
}

const BUSY = 'Another replay or purge is under way. Wait until it finishes, or cancel it.';

/** Stores the replay; the control process that holds the lock runs it. */
async function startReplay(deps: RouteDeps, { fields, visit }: PageRequest): Promise<PageResult> {
  const request = readReplayRequest(fields);
  const settings = parseReplayRequest(request);
  if (typeof settings === 'string') {
    return newReplayPage({ request, problem: settings, plan: null }, visit);
  }
  const { store } = deps;
  const plan = await planOf(deps, settings, visit.now);
  // A replay that no process runs yet holds no lock, but is under way.
  const busy = !(await isLockFree(store)) || (await readDetached(store)).length > 0;
  const problem = plan.events === 0 ? 'None of them can be replayed.' : busy ? BUSY : null;
  if (problem !== null) return newReplayPage({ request, problem, plan }, visit);
  const { filter: _, ...options } = settings;
  const asked = {
    ...options,
    where: request.where,
    startedAt: visit.now,
    planned: plan.events + sum(plan.counts.skipped),
    by: visit.visitor.name,
    reason: readReason(fields),
  };
  const { spec } = await createReplay(store, asked, true);
  return { redirectTo: PATHS.replay(spec.id) };
}

function changing({ store }: RouteDeps, state: ReplayState): RouteHandler {
  return async ({ params: { id = '' }, fields, visit: { visitor } }) => {
    if ((await readReplay(store, id)) === null) notFound(id);
    const detached = state === 'running' ? { detached: true } : {};
    const change = { state, why: readReason(fields), by: visitor.name, ...detached };
    const before = await changeReplay(store, id, change);
    if (before === null) return { redirectTo: PATHS.replay(id) };
    const message = `The replay is already ${before.state}, and cannot become ${state}.`;
    throw new HttpError(409, 'Too late', message);
  };
}
