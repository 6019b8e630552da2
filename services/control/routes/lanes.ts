import { ExpectedError } from '#config/errors.ts';
import { sentence } from '#core/text/format.ts';
import { changeLane, type LaneAction } from '#store/delivery/lane-changes.ts';
import { readFleet } from '#store/status/fleet.ts';
import { readPageNumber } from '../pages/elements.ts';
import { lanePage } from '../pages/lane.ts';
import { lanesPage } from '../pages/lanes.ts';
import { PATHS } from '../pages/links.ts';
import { readReason } from './replay-request.ts';
import { HttpError, type RouteDeps, type RouteHandler, type Routes } from './route.ts';

export function laneRoutes(deps: RouteDeps): Routes {
  return {
    'GET /lanes': async ({ query, visit: { now } }) => {
      const { pixels } = await readFleet(deps.store, deps.configuration().pixels);
      const { find = '', state = '', page } = query;
      return lanesPage(pixels, { find, state, page: readPageNumber(page) }, now);
    },
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
    const change = { pixelId, action, by: visitor.name, reason: readReason(fields) };
    const answer = await changeLane(deps.store, configured(deps), change).catch(nothingChanged);
    if (answer.kind === 'done') return { redirectTo: PATHS.lane(pixelId) };
    if (answer.kind === 'unknown') throw new HttpError(404, 'Not found', sentence(answer.why));
    throw new HttpError(409, 'Nothing was changed', sentence(answer.why));
  };
}

function nothingChanged(error: unknown): never {
  if (!(error instanceof ExpectedError)) throw error;
  throw new HttpError(409, 'Nothing was changed', error.message);
}
