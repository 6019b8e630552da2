import { noneOf, occurring, series, totalIncrease } from '../expressions.ts';
import { betterFrom, column, signal, type TableSignal } from '../signal.ts';

/** How well Meta can match events to people, and what sources should fix. */
export const QUALITY = {
  matchKeys: signal(
    'Match keys',
    'Share of enqueued events that carry each field of user_data, in the time shown. A fall: the source stopped sending it; Meta matches fewer events.',
    'percentunit',
    {
      '{{key}}': `sort_desc(${totalIncrease('matchKeys', ['key'])} / on () group_left () ${totalIncrease('ingestEvents', [], { outcome: 'enqueued' })})`,
    },
    { decimals: 1, max: 1 },
  ),
  failures: signal(
    'Values that could not be normalised',
    'Values a second that were not sent, or can hardly be matched, by field. A jump: the source changed its format; preview one of its events.',
    'cps',
    { '{{key}}': occurring('normalisationFailures', 'key') },
  ),
  warnings: signal(
    'Warnings by code',
    'Warnings about events that are delivered all the same, in the time shown. The page on mapping says for each code what the source should fix.',
    'short',
    {
      '{{code}}': `sort_desc(topk(10, ${totalIncrease('ingestWarnings', ['code'])} > 0)) or on () ${noneOf('code', totalIncrease('ingestWarnings'))}`,
    },
  ),
};

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
    'Share of events with each field of user_data, now and a week ago. A fall of some points: the source stopped sending it. Bad values: of metrics.detailedPixels.',
  row: { label: 'key', title: 'Field', width: 150 },
  sortBy: 'Now',
  columns: [
    column('Now', 'percentunit', NOW, { decimals: 1 }),
    column('Week ago', 'percentunit', BEFORE, { decimals: 1 }),
    column('Change', 'percentunit', `${NOW} - ${BEFORE}`, {
      decimals: 1,
      limits: betterFrom(-0.1, -0.02),
    }),
    column('Bad values', 'locale', FAILURES, { decimals: 0 }),
  ],
};
