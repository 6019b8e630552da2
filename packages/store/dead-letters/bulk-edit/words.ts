import { formatCount } from '#core/text/format.ts';
import { LEFT_REASONS, type LeftReason } from './letter.ts';
import type { Outcomes } from './outcomes.ts';
import type { LeftCounts } from './plan.ts';

/** Why a bulk edit leaves dead letters as they are, for people. */
const LEFT_MESSAGES: Readonly<Record<LeftReason, string>> = {
  same: 'have these values already',
  missing: 'lack a value to copy',
  blocked: 'cannot have the value at that place',
  other_form: 'have other places: those of a server event start with clear. or personal.',
  too_large: 'would be larger than ingest.maxMessageBytes allows',
  expired: 'are past the horizon, or within 10 minutes of it',
  unreadable: 'do not open, are not whole, or are no JSON objects',
  gone: 'were replayed, purged or edited meanwhile',
};

/** `4 lack a value to copy`, `properties.total: 4`: why some stay as they are, and the places. */
export function leftWords({ by, places }: LeftCounts): { why: string[]; where: string[] } {
  const why = LEFT_REASONS.filter((reason) => by[reason] > 0).map(
    (reason) => `${formatCount(by[reason])} ${LEFT_MESSAGES[reason]}`,
  );
  return { why, where: [...places].map(([place, count]) => `${place}: ${formatCount(count)}`) };
}

/** `118 would be delivered; 4 still rejected: missing_value 4`. */
export function outcomeWords({ delivered, rejected, filtered, skipped }: Outcomes): string {
  const kinds = [
    ['still rejected', rejected],
    ['filtered', filtered],
    ['left alone by a replay', skipped],
  ] as const;
  const parts = kinds.flatMap(([words, counts]) => {
    if (counts.size === 0) return [];
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const reasons = [...counts].map(([reason, count]) => `${reason} ${formatCount(count)}`);
    return [`${formatCount(total)} ${words}: ${reasons.join(', ')}`];
  });
  return [`${formatCount(delivered)} would be delivered`, ...parts].join('; ');
}
