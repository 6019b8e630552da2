import { occurring, orNone, totalIncrease } from '../expressions.ts';
import type { Signal } from '../signal.ts';

/** How well Meta can match events to people, and what sources should fix. */
export const QUALITY = {
  matchKeys: {
    title: 'Match keys',
    description:
      'Share of enqueued events that carry each field of user_data, in the time shown. A fall: the source stopped sending it; Meta matches fewer events.',
    unit: 'percentunit',
    decimals: 1,
    min: 0,
    max: 1,
    queries: [
      {
        expression: `sort_desc(${totalIncrease('matchKeys', ['key'])} / on () group_left () ${totalIncrease('ingestEvents', [], { outcome: 'enqueued' })})`,
        legend: '{{key}}',
      },
    ],
  },
  failures: {
    title: 'Values that could not be normalised',
    description:
      'Values a second that were not sent, or can hardly be matched, by field. A jump: the source changed its format; preview one of its events.',
    unit: 'cps',
    queries: [{ expression: occurring('normalisationFailures', 'key'), legend: '{{key}}' }],
    min: 0,
  },
  warnings: {
    title: 'Warnings by code',
    description:
      'Warnings about events that are delivered all the same, in the time shown. The page on mapping says for each code what the source should fix.',
    unit: 'short',
    queries: [
      {
        expression: orNone(
          'code',
          `sort_desc(topk(10, ${totalIncrease('ingestWarnings', ['code'])} > 0))`,
        ),
        legend: '{{code}}',
      },
    ],
    min: 0,
  },
} satisfies Record<string, Signal>;
