import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import {
  BUCKET_MS,
  type Cause,
  CauseGrouping,
  causeKey,
  type ExpiryCounts,
  expiryCounts,
  groupName,
  type CauseGroup as KeptGroup,
} from '#core/dead-letter/groups.ts';
import { withoutValues } from '#core/privacy/message-redaction.ts';
import type { SealedStore } from '../store.ts';
import {
  type Acknowledgement,
  type Acknowledgements,
  acknowledgementOf,
  readAcknowledged,
} from './acknowledged.ts';
import { readGroups } from './read.ts';
import type { AssessedGroup, Assessment } from './replay/assessment.ts';
import { select } from './select.ts';

/** Dead letters that died of the same cause. Its times are true to ten minutes. */
export interface DeadLetterGroup
  extends Omit<KeptGroup, 'expire'>,
    Pick<ExpiryCounts, 'expired' | 'within'> {
  /** The name of its cause, for filters. */
  readonly cause: string;
  /** Unix ms at which the first and the last of them died. */
  readonly oldest: number;
  readonly newest: number;
  /** Unix seconds at which the next of them can no longer be sent; null when none is known. */
  readonly nextHorizon: number | null;
  /** That a person knows of it, and has said so; absent where none has, or it has changed since. */
  readonly acknowledged?: Acknowledgement;
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
  const acknowledged = await readAcknowledged(store);
  if (filter.byGroup) {
    // Such a filter reads nothing else of what dead letters share.
    const asFacts = ({ code, subcode, ...cause }: KeptGroup) =>
      ({ ...cause, refusal: { code, subcode } }) as unknown as DeadLetterFacts;
    const kept = await readGroups(store);
    const matching = kept.filter((group) => filter.matches(asFacts(group), now));
    return sorted(matching, now, assessment, acknowledged);
  }
  const pages = select(store, filter, { order: 'newest', now });
  return groupLetters(pages, now, assessment, acknowledged);
}

/** The groups of single dead letters, the largest first. */
export async function groupLetters(
  pages: AsyncIterable<readonly DeadLetterFacts[]>,
  now: number,
  assessment: Assessment | null = null,
  acknowledged: Acknowledgements = new Map(),
): Promise<DeadLetterGroup[]> {
  const grouping = new CauseGrouping();
  for await (const page of pages) for (const facts of page) grouping.add(facts);
  return sorted(grouping.groups().values(), now, assessment, acknowledged);
}

function assessedGroup(group: Cause, { at, groups }: Assessment): DeadLetterGroup['replay'] & {} {
  return { at, ...(groups.get(causeKey(group)) ?? { assessed: 0, replayable: 0, soon: 0 }) };
}

function sorted(
  groups: Iterable<KeptGroup>,
  now: number,
  assessment: Assessment | null,
  acknowledged: Acknowledgements,
): DeadLetterGroup[] {
  return [...groups]
    .map(({ expire, ...group }) => {
      const cause = groupName(causeKey(group));
      const known = acknowledgementOf(acknowledged, cause, group.events, now);
      const { expired, within, next } = expiryCounts([{ expire }], now);
      return {
        ...group,
        cause,
        ...(known === null ? {} : { acknowledged: known }),
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
