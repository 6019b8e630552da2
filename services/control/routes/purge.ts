import { join, resolve } from 'node:path';
import { ExpectedError } from '#config/errors.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import { connectForCommands } from '#store/connection.ts';
import { readLastPage } from '#store/dead-letters/pages/reader.ts';
import { backupName, purge } from '#store/dead-letters/purge.ts';
import { select } from '#store/dead-letters/select.ts';
import { LockError } from '#store/locks.ts';
import { PATHS } from '../pages/links.ts';
import { purgePage } from '../pages/purge.ts';
import { readWhere } from './dead-letters.ts';
import { readReason } from './replay-request.ts';
import {
  HttpError,
  type PageRequest,
  type PageResult,
  type RouteDeps,
  type Routes,
} from './route.ts';

export function purgeRoutes(deps: RouteDeps): Routes {
  return {
    'GET /purge': async ({ query, visit }) => {
      const { text, filter } = readWhere(query);
      const matched = filter === null ? null : await countMatching(deps, filter, visit.now);
      return purgePage({ ...text, matched, backupFolder: backupFolderOf(deps) }, visit);
    },
    'POST /purge': (form) => purgeAll(deps, form),
  };
}

function backupFolderOf({ configuration }: RouteDeps): string {
  return resolve(configuration().control.backupFolder);
}

/** @param last the last page to count, where given */
async function countMatching(
  { store }: RouteDeps,
  filter: DeadLetterFilter,
  now: number,
  last?: number,
): Promise<number> {
  let count = 0;
  const options = { order: 'oldest', now, last } as const;
  for await (const page of select(store, filter, options)) count += page.length;
  return count;
}

/** Purges exactly the number that the person confirmed, or none. */
async function purgeAll(deps: RouteDeps, { fields, visit }: PageRequest): Promise<PageResult> {
  const { text, filter } = readWhere(fields);
  const backupFolder = backupFolderOf(deps);
  const shown = { ...text, backupFolder };
  if (filter === null) return purgePage({ ...shown, matched: null }, visit);
  const last = await readLastPage(deps.store);
  const matched = await countMatching(deps, filter, visit.now, last);
  const typed = (fields['count'] ?? '').replace(/[,.\s]/g, '');
  if (matched === 0 || typed !== String(matched)) {
    const problem =
      matched === 0 ? null : `Nothing was purged: type ${matched}, the number that matches now.`;
    return purgePage({ ...shown, matched, problem }, visit);
  }
  const backup = join(backupFolder, backupName(visit.now));
  const redis = connectForCommands(deps.configuration().redis, () => {});
  try {
    const request = { where: text.where, last, now: visit.now, planned: matched };
    const account = { by: visit.visitor.name, reason: readReason(fields) };
    const options = { ...request, ...account, backup };
    await purge(options, { ...deps.store, redis });
    return { redirectTo: PATHS.audit };
  } catch (error) {
    if (!(error instanceof LockError || error instanceof ExpectedError)) throw error;
    throw new HttpError(409, 'Nothing was purged', error.message);
  } finally {
    redis.disconnect();
  }
}
