import { readAudit } from '#store/status/audit.ts';
import { createStore } from '#store/store.ts';
import type { Routes } from '../application.ts';
import { auditPage } from '../pages/audit.ts';
import type { Rooms } from './rooms.ts';

const SHOWN = 200;

export function auditRoutes({ redis: watch, configuration }: Rooms): Routes {
  return {
    pages: {
      '/audit': async () =>
        auditPage(await readAudit(createStore(watch.redis, configuration().redis.prefix), SHOWN)),
    },
    actions: {},
  };
}
