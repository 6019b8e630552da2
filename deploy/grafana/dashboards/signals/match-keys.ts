import { series, totalIncrease } from '../expressions.ts';
import { betterFrom } from '../signal.ts';
import type { TableSignal } from '../table-signal.ts';

/** A counter's growth in the time shown, as it was a week before. */
function aWeekBefore(of: string, by = ''): string {
  return `sum${by}(increase(${of}[$__range] offset 1w))`;
}

const ENQUEUED = { outcome: 'enqueued' } as const;
const NOW = `${totalIncrease('matchKeys', ['key'])} / on () group_left () ${totalIncrease('ingestEvents', [], ENQUEUED)}`;
const BEFORE = `${aWeekBefore(series('matchKeys'), ' by (key) ')} / on () group_left () ${aWeekBefore(series('ingestEvents', ENQUEUED))}`;
const FAILURES = totalIncrease('normalisationFailures', ['key']);

/** How many events carry what Meta matches by, beside the same time a week ago. */
export const MATCH_KEYS_OVER_A_WEEK: TableSignal = {
  title: 'Match keys',
  description:
    'Share of events with each field of user_data, now and in the same time a week ago. A fall of some points: the source stopped sending it.',
  row: { label: 'key', title: 'Field', width: 150 },
  sortBy: 'Now',
  columns: [
    {
      title: 'Now',
      expression: NOW,
      unit: 'percentunit',
      decimals: 1,
    },
    { title: 'Week ago', expression: BEFORE, unit: 'percentunit', decimals: 1 },
    {
      title: 'Change',
      expression: `${NOW} - ${BEFORE}`,
      unit: 'percentunit',
      decimals: 1,
      limits: betterFrom(-0.1, -0.02),
    },
    { title: 'Bad values', expression: FAILURES, unit: 'locale', decimals: 0 },
  ],
};
