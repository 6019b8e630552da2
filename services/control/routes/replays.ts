import { isFree } from '#store/dead-letters/lock.ts';
import { makePlan, type Plan, sum } from '#store/dead-letters/replay/counts.ts';
import type { ReplayState } from '#store/dead-letters/replay/state.ts';
import {
  changeReplay,
  createReplay,
  listReplays,
  readDetached,
  readLockOwner,
  readReplay,
} from '#store/dead-letters/replay/store.ts';
import { select } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { type Answer, Refusal } from '../answer.ts';
import type { Form, Routes, TakeAction } from '../application.ts';
import type { Page, Visit } from '../layout.ts';
import { newReplayPage } from '../pages/new-replay.ts';
import { PATHS } from '../pages/paths.ts';
import { replayPage } from '../pages/replay.ts';
import { replaysPage } from '../pages/replays.ts';
import {
  judgeRequest,
  type ReplayOptions,
  type ReplayRequest,
  readRequest,
} from '../readings/replay-request.ts';
import type { Rooms } from './rooms.ts';

const LISTED = 100;

export function replayRoutes(rooms: Rooms): Routes {
  const { redis: watch, configuration } = rooms;
  const prefix = (): string => configuration().redis.prefix;
  return {
    pages: {
      '/replays': async ({ visit }) =>
        replaysPage(await listReplays(createStore(watch.redis, prefix()), LISTED), visit),
      '/replays/new': ({ query, visit }) => planPage(rooms, readRequest(query), visit),
      '/replays/:id': async ({ params: { id = '' }, visit }) => {
        const replay = await readReplay(createStore(watch.redis, prefix()), id);
        if (replay === null) throw new Refusal(404, 'Not there', `There is no replay ${id}.`);
        return replayPage(replay, visit);
      },
    },
    actions: {
      '/replays': (form) => begin(rooms, form),
      '/replays/:id/pause': changing(rooms, 'paused'),
      '/replays/:id/resume': changing(rooms, 'running'),
      '/replays/:id/cancel': changing(rooms, 'cancelled'),
    },
  };
}

/** Nothing is planned before something was asked for. */
async function planPage(rooms: Rooms, request: ReplayRequest, visit: Visit): Promise<Page> {
  if (request.where === '' && !request.all) {
    return newReplayPage({ request, problem: null, plan: null }, visit);
  }
  const options = judgeRequest(request);
  if (typeof options === 'string') {
    return newReplayPage({ request, problem: options, plan: null }, visit);
  }
  const plan = await planOf(rooms, options, visit.now);
  const problem = plan.tally.matched === 0 ? 'No dead letter matches.' : null;
  return newReplayPage({ request, problem, plan: problem === null ? plan : null }, visit);
}

function planOf(
  { redis: watch, configuration }: Rooms,
  options: ReplayOptions,
  now: number,
): Promise<Plan> {
  const { redis, sealing, pixels } = configuration();
  const order = { order: 'oldest', now } as const;
  const sealer = sealerOf(sealing);
  const letters = select(createStore(watch.redis, redis.prefix), sealer, options.filter, order);
  const policy = { ...options, pixelIds: new Set(pixels.map(({ pixelId }) => pixelId)) };
  return makePlan(letters, policy, { max: options.max, now });
}

const BUSY = 'Another replay or purge is under way: wait for its end, or cancel it.';

/** Writes the replay down; the workers carry it on. */
async function begin(rooms: Rooms, { fields, visit }: Form): Promise<Answer> {
  const { redis: watch, configuration } = rooms;
  const request = readRequest(fields);
  const options = judgeRequest(request);
  if (typeof options === 'string') {
    return newReplayPage({ request, problem: options, plan: null }, visit);
  }
  const { prefix } = configuration().redis;
  const plan = await planOf(rooms, options, visit.now);
  const [owner, detached] = await Promise.all([
    readLockOwner(createStore(watch.redis, prefix)),
    readDetached(createStore(watch.redis, prefix)),
  ]);
  // One that no worker has taken up yet holds no lock, and is under way all the same.
  const busy = !isFree(owner) || detached.length > 0;
  const problem = plan.events === 0 ? 'None of them can be replayed.' : busy ? BUSY : null;
  if (problem !== null) return newReplayPage({ request, problem, plan }, visit);
  const { filter: _, ...asked } = options;
  const { spec } = await createReplay(
    createStore(watch.redis, prefix),
    {
      ...asked,
      where: request.where,
      startedAt: visit.now,
      planned: plan.events + sum(plan.tally.skipped),
      by: visit.visitor.name,
      reason: reasonOf(fields),
    },
    true,
  );
  return { goTo: PATHS.replay(spec.id) };
}

function changing({ redis: watch, configuration }: Rooms, state: ReplayState): TakeAction {
  return async ({ params: { id = '' }, fields, visit: { visitor } }) => {
    const { prefix } = configuration().redis;
    if ((await readReplay(createStore(watch.redis, prefix), id)) === null) {
      throw new Refusal(404, 'Not there', `There is no replay ${id}.`);
    }
    const detached = state === 'running' ? { detached: true } : {};
    const change = { state, why: reasonOf(fields), by: visitor.name, ...detached };
    const before = await changeReplay(createStore(watch.redis, prefix), id, change);
    if (before === null) return { goTo: PATHS.replay(id) };
    const words = `The replay is ${before.state} by now: it cannot become ${state}.`;
    throw new Refusal(409, 'Too late', words);
  };
}

export function reasonOf({ reason = '' }: Readonly<Record<string, string>>): string | null {
  const words = reason.trim();
  return words === '' ? null : words.slice(0, 200);
}
