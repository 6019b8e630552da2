import { join, resolve } from 'node:path';
import { ExpectedError } from '#config/errors.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import { connectForCommands } from '#store/connection.ts';
import { LockError } from '#store/dead-letters/lock.ts';
import { readLastPage } from '#store/dead-letters/pages/reader.ts';
import { backupName, openBackup, purge } from '#store/dead-letters/purge.ts';
import { select } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { type Answer, Refusal } from '../answer.ts';
import type { Form, Routes } from '../application.ts';
import { PATHS } from '../pages/paths.ts';
import { purgePage } from '../pages/purge.ts';
import { readWhere } from './dead-letters.ts';
import { reasonOf } from './replays.ts';
import type { Rooms } from './rooms.ts';

export function purgeRoutes(rooms: Rooms): Routes {
  const { configuration } = rooms;
  const backupFolder = (): string => resolve(configuration().control.backupFolder);
  return {
    pages: {
      '/purge': async ({ query, visit }) => {
        const { text, filter } = readWhere(query);
        const matched = filter === null ? null : await countOf(rooms, filter, visit.now);
        return purgePage({ ...text, matched, backupFolder: backupFolder() }, visit);
      },
    },
    actions: { '/purge': (form) => purgeAll(rooms, form, backupFolder()) },
  };
}

/** Up to a page, when that is given. */
async function countOf(
  { redis: watch, configuration }: Rooms,
  filter: DeadLetterFilter,
  now: number,
  last?: number,
): Promise<number> {
  const { redis, sealing } = configuration();
  const sealer = sealerOf(sealing);
  let count = 0;
  const options = { order: 'oldest', now, last } as const;
  for await (const page of select(
    createStore(watch.redis, redis.prefix),
    sealer,
    filter,
    options,
  )) {
    count += page.length;
  }
  return count;
}

/** Throws away exactly as many as the person has agreed to, or none. */
async function purgeAll(
  rooms: Rooms,
  { fields, visit }: Form,
  backupFolder: string,
): Promise<Answer> {
  const { redis: watch, configuration } = rooms;
  const { text, filter } = readWhere(fields);
  const shown = { ...text, backupFolder };
  if (filter === null) return purgePage({ ...shown, matched: null }, visit);
  const { prefix, url } = configuration().redis;
  const last = await readLastPage(createStore(watch.redis, prefix));
  const matched = await countOf(rooms, filter, visit.now, last);
  const typed = (fields['count'] ?? '').replace(/[,.\s]/g, '');
  if (matched === 0 || typed !== String(matched)) {
    const problem =
      matched === 0 ? null : `Nothing was purged: type ${matched}, which is how many match now.`;
    return purgePage({ ...shown, matched, problem }, visit);
  }
  const file = join(backupFolder, backupName(visit.now));
  const to = await openBackup(file).catch(refuse);
  const redis = connectForCommands(url, () => {});
  try {
    const asked = { where: text.where, last, now: visit.now, planned: matched };
    const account = { by: visit.visitor.name, reason: reasonOf(fields) };
    await purge(
      { ...asked, ...account, backup: { file, to } },
      createStore(redis, prefix),
      sealerOf(configuration().sealing),
    ).catch(refuse);
    return { goTo: PATHS.audit };
  } finally {
    await to.close();
    redis.disconnect();
  }
}

/** What was to be expected now and then is said to who asked. */
function refuse(error: unknown): never {
  if (error instanceof LockError || error instanceof ExpectedError) {
    throw new Refusal(409, 'Nothing was purged', error.message);
  }
  throw error;
}
