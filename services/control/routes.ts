import type { Routes } from './application.ts';
import { auditRoutes } from './routes/audit.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { overviewRoutes } from './routes/overview.ts';
import { purgeRoutes } from './routes/purge.ts';
import { replayRoutes } from './routes/replays.ts';
import type { Rooms } from './routes/rooms.ts';

/** Every page and every action of control. */
export function createRoutes(rooms: Rooms): Routes {
  const all = [overviewRoutes, deadLetterRoutes, replayRoutes, purgeRoutes, auditRoutes].map(
    (routesOf) => routesOf(rooms),
  );
  return {
    pages: Object.assign({}, ...all.map(({ pages }) => pages)),
    actions: Object.assign({}, ...all.map(({ actions }) => actions)),
  };
}
