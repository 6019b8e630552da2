import { ExpectedError } from '#config/errors.ts';
import { changeLane, type LaneAction } from '#store/delivery/lane-changes.ts';
import { readFleet } from '#store/status/fleet.ts';
import { lanePage } from '../pages/lane.ts';
import { PATHS } from '../pages/links.ts';
import { readReason } from './replay-request.ts';
import { HttpError, type RouteDeps, type RouteHandler, type Routes } from './route.ts';

export function laneRoutes(deps: RouteDeps): Routes {
  return {
    'GET /lanes/:pixel': async ({ params: { pixel = '' }, visit }) => {
      const { pixels } = await readFleet(deps.store, deps.configuration().pixels);
      const found = pixels.find(({ pixelId }) => pixelId === pixel);
      if (found === undefined) throw new HttpError(404, 'Not found', `There is no pixel ${pixel}.`);
      return lanePage(found, visit);
    },
    'POST /lanes/:pixel/pause': changing(deps, 'pause'),
    'POST /lanes/:pixel/resume': changing(deps, 'resume'),
    'POST /lanes/:pixel/probe': changing(deps, 'probe'),
  };
}

function configured({ configuration }: RouteDeps): string[] {
  return configuration().pixels.map(({ pixelId }) => pixelId);
}

function changing(deps: RouteDeps, action: LaneAction): RouteHandler {
  return async ({ params: { pixel: pixelId = '' }, fields, visit: { visitor } }) => {
    const account = { by: visitor.name, reason: readReason(fields) };
    const change = { pixelId, action, ...account };
    const answer = await changeLane(deps.store, configured(deps), change).catch(nothingChanged);
    if (answer.kind === 'done') return { redirectTo: PATHS.lane(pixelId) };
    const [first = '', rest] = [answer.why.slice(0, 1).toUpperCase(), answer.why.slice(1)];
    if (answer.kind === 'unknown') throw new HttpError(404, 'Not found', `${first}${rest}.`);
    throw new HttpError(409, 'Nothing was changed', `${first}${rest}.`);
  };
}

function nothingChanged(error: unknown): never {
  if (!(error instanceof ExpectedError)) throw error;
  throw new HttpError(409, 'Nothing was changed', error.message);
}
