import { join, resolve } from 'node:path';
import type { Configuration } from '#config/configuration.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
import { expiryCounts } from '#core/dead-letter/groups.ts';
import type { Logger } from '#process/logger.ts';
import { readLastPage } from '#store/dead-letters/pages/reader.ts';
import { backupName, purge } from '#store/dead-letters/purge.ts';
import { readGroups } from '#store/dead-letters/read.ts';
import { select } from '#store/dead-letters/select.ts';
import { isLockFree, LockError } from '#store/locks.ts';
import type { SealedStore } from '#store/store.ts';

interface RetentionOptions {
  readonly store: SealedStore;
  readonly configuration: () => Pick<Configuration, 'deadLetters' | 'control'>;
  readonly logger: Logger;
  /** Unix ms. */
  readonly now: () => number;
}

/** Between two purges, in ms; a purge that could not begin is tried again sooner. */
const EVERY_MS = 3_600_000;
const AGAIN_MS = 60_000;

/** The name that the audit trail has for it. */
const RETENTION = 'retention';

/**
 * Purges dead letters that can no longer be sent, some days after they died, with a backup and an entry
 * in the audit trail as when a person does. It does nothing unless it is configured.
 */
export class Retention {
  private readonly options: RetentionOptions;
  private nextAt = 0;

  constructor(options: RetentionOptions) {
    this.options = options;
  }

  /** Resolves to how many it purged. */
  async look(): Promise<number> {
    const { store, configuration, logger, now } = this.options;
    const days = configuration().deadLetters.purgeExpiredAfterDays;
    const at = now();
    if (days === null || at < this.nextAt) return 0;
    this.nextAt = at + AGAIN_MS;
    try {
      // A person replays or purges: they go first, and no backup is begun.
      if (!(await isLockFree(store))) return 0;
      const purged = await this.purgeAll(`expires:past until:${days}d`, days, at);
      this.nextAt = at + EVERY_MS;
      if (purged > 0) logger.info({ purged, days }, 'expired dead letters were purged');
      return purged;
    } catch (error) {
      if (!(error instanceof LockError)) logger.warn({ error }, 'expired dead letters stay');
      return 0;
    }
  }

  private async purgeAll(where: string, days: number, now: number): Promise<number> {
    const { store, configuration } = this.options;
    // The groups tell whether there is anything, without reading dead letters.
    if (expiryCounts(await readGroups(store), now).expired === 0) return 0;
    const parsed = parseFilter(where);
    if (!parsed.ok) throw new Error(parsed.problem);
    const last = await readLastPage(store);
    let planned = 0;
    const options = { order: 'oldest', now, last } as const;
    for await (const page of select(store, parsed.filter, options)) planned += page.length;
    if (planned === 0) return 0;
    const backup = join(resolve(configuration().control.backupFolder), backupName(now));
    const reason = `deadLetters.purgeExpiredAfterDays: ${days}`;
    const asked = { where, last, now, planned, by: RETENTION, reason, backup };
    return (await purge(asked, store)).purged;
  }
}
