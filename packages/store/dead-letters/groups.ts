import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import type { Cause, CauseGroup as KeptGroup } from '#core/dead-letter/groups.ts';
import { BUCKET_MS, type Bucket, CauseGrouping, expiryCounts } from '#core/dead-letter/groups.ts';
import { withoutValues } from '#core/privacy/message-redaction.ts';
import type { Sealer } from '../sealing.ts';
import type { Store } from '../store.ts';
import { readGroups } from './read.ts';
import { select } from './select.ts';

/** Dead letters that died of the same cause. Its times are true to ten minutes. */
export interface DeadLetterGroup extends Cause {
  readonly events: number;
  /** Unix ms at which the first and the last of them died. */
  readonly oldest: number;
  readonly newest: number;
  /** How many can no longer be sent. */
  readonly expired: number;
  /** How many expire within so long; what does so within 24 hours does within 72 as well. */
  readonly within: Readonly<Record<'24h' | '72h' | '168h', number>>;
  /** Unix seconds at which the next of them can no longer be sent; null when none is known. */
  readonly nextHorizon: number | null;
  /** When they died: how many in each ten minutes, the oldest first. */
  readonly died: readonly Bucket[];
}

/**
 * The groups of the dead letters that pass a filter, the largest first; `now` is Unix ms. As long as
 * the filter asks for nothing that differs within a group, this reads the groups alone.
 */
export async function findGroups(
  store: Store,
  sealer: Sealer,
  filter: DeadLetterFilter,
  now: number,
): Promise<DeadLetterGroup[]> {
  if (filter.byGroup) {
    const kept = await readGroups(store);
    return sorted(
      kept.filter((group) => filter.couldMatch(asShared(group))),
      now,
    );
  }
  const groups = new GroupCollector(now);
  for await (const page of select(store, sealer, filter, { order: 'newest', now })) {
    for (const facts of page) groups.add(facts);
  }
  return groups.all();
}

/** Every group as it is kept, the largest first: no page is read. */
export async function findAllGroups(store: Store, now: number): Promise<DeadLetterGroup[]> {
  return sorted(await readGroups(store), now);
}

/** Groups single dead letters. */
export class GroupCollector {
  private readonly grouping = new CauseGrouping();
  /** Unix ms. */
  private readonly now: number;

  constructor(now: number) {
    this.now = now;
  }

  add(facts: DeadLetterFacts): void {
    this.grouping.add(facts);
  }

  /** The largest first. */
  all(): DeadLetterGroup[] {
    return sorted([...this.grouping.groups().values()], this.now);
  }
}

/** Sums the expiries of some groups. */
export function expiryTotals(
  groups: readonly DeadLetterGroup[],
): Readonly<Record<'24h' | '72h' | '168h' | 'expired', number>> {
  const total = (of: (group: DeadLetterGroup) => number) =>
    groups.reduce((sum, group) => sum + of(group), 0);
  return {
    '24h': total(({ within }) => within['24h']),
    '72h': total(({ within }) => within['72h']),
    '168h': total(({ within }) => within['168h']),
    expired: total(({ expired }) => expired),
  };
}

function sorted(groups: readonly KeptGroup[], now: number): DeadLetterGroup[] {
  return groups
    .map((group) => {
      const { expire: _, ...rest } = group;
      const { expired, within, next } = expiryCounts([group], now);
      return {
        ...rest,
        // Words of a worker are Meta's, which an earlier release kept as they came.
        message: group.stage === 'worker' ? withoutValues(group.message) : group.message,
        oldest: Math.min(group.died[0]?.at ?? now, now),
        newest: Math.min((group.died.at(-1)?.at ?? now) + BUCKET_MS, now),
        expired,
        within,
        nextHorizon: next === null ? null : Math.floor(next / 1000),
      };
    })
    .sort((a, b) => b.events - a.events);
}

/** Whatever else they have does not matter to a filter that is for groups. */
function asShared(group: KeptGroup): Parameters<DeadLetterFilter['couldMatch']>[0] {
  const { pixelId, stage, reason, message, code, subcode } = group;
  const refusal = { status: 0, code, subcode, message };
  return {
    pixelId,
    stage,
    reason,
    message,
    eventName: null,
    holds: 'message',
    topic: '',
    refusal,
  } as Parameters<DeadLetterFilter['couldMatch']>[0];
}
