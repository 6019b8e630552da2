import type { DeadLetterFacts, SharedFacts } from '#core/dead-letter/dead-letter.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import {
  BUCKET_MS,
  type Cause,
  CauseGrouping,
  causeKey,
  type ExpiryCounts,
  expiryCounts,
  type CauseGroup as KeptGroup,
} from '#core/dead-letter/groups.ts';
import { withoutValues } from '#core/privacy/message-redaction.ts';
import type { SealedStore } from '../store.ts';
import { readGroups } from './read.ts';
import type { AssessedGroup, Assessment } from './replay/assessment.ts';
import { select } from './select.ts';

/** Dead letters that died of the same cause. Its times are true to ten minutes. */
export interface DeadLetterGroup
  extends Omit<KeptGroup, 'expire'>,
    Pick<ExpiryCounts, 'expired' | 'within'> {
  /** Unix ms at which the first and the last of them died. */
  readonly oldest: number;
  readonly newest: number;
  /** Unix seconds at which the next of them can no longer be sent; null when none is known. */
  readonly nextHorizon: number | null;
  /** What a replay would do with them, where that was asked. */
  readonly replay?: AssessedGroup & { readonly at: number };
}

/**
 * The groups of the dead letters that pass a filter, the largest first; `now` is Unix ms. As long as
 * the filter asks for nothing that differs within a group, this reads the groups alone.
 */
export async function findGroups(
  store: SealedStore,
  filter: DeadLetterFilter,
  now: number,
  assessment: Assessment | null = null,
): Promise<DeadLetterGroup[]> {
  if (filter.byGroup) {
    // Such a filter reads nothing else of what dead letters share.
    const asShared = ({ code, subcode, ...cause }: KeptGroup) =>
      ({ ...cause, refusal: { code, subcode } }) as unknown as SharedFacts;
    const kept = await readGroups(store);
    const matching = kept.filter((group) => filter.couldMatch(asShared(group)));
    return sorted(matching, now, assessment);
  }
  return groupLetters(select(store, filter, { order: 'newest', now }), now, assessment);
}

/** The groups of single dead letters, the largest first. */
export async function groupLetters(
  pages: AsyncIterable<readonly DeadLetterFacts[]>,
  now: number,
  assessment: Assessment | null = null,
): Promise<DeadLetterGroup[]> {
  const grouping = new CauseGrouping();
  for await (const page of pages) for (const facts of page) grouping.add(facts);
  return sorted(grouping.groups().values(), now, assessment);
}

function assessedGroup(group: Cause, { at, groups }: Assessment): DeadLetterGroup['replay'] & {} {
  return { at, ...(groups.get(causeKey(group)) ?? { assessed: 0, replayable: 0 }) };
}

function sorted(
  groups: Iterable<KeptGroup>,
  now: number,
  assessment: Assessment | null,
): DeadLetterGroup[] {
  return [...groups]
    .map(({ expire, ...group }) => {
      const { expired, within, next } = expiryCounts([{ expire }], now);
      return {
        ...group,
        // Words of a worker are Meta's, which an earlier release kept as they came.
        message: group.stage === 'worker' ? withoutValues(group.message) : group.message,
        oldest: Math.min(group.died[0]?.at ?? now, now),
        newest: Math.min((group.died.at(-1)?.at ?? now) + BUCKET_MS, now),
        expired,
        within,
        nextHorizon: next === null ? null : Math.floor(next / 1000),
        ...(assessment === null ? {} : { replay: assessedGroup(group, assessment) }),
      };
    })
    .sort((a, b) => b.events - a.events);
}
