import { ofFleet, totalIncrease } from '../expressions.ts';
import { worseFrom } from '../signal.ts';
import type { TableSignal } from '../table-signal.ts';

/** Every reason in a line. */
export const REASONS: TableSignal = {
  title: 'By reason',
  description:
    'Fix the most frequent reason first: `capi-relay dead-letters summary` shows the message of each, `capi-relay replay` sends them again.',
  row: { label: 'reason', title: 'Reason' },
  sortBy: 'Held now',
  columns: [
    {
      title: 'Held now',
      expression: `sum by (reason) (${ofFleet('deadLettersHeld', ['pixel', 'reason'])})`,
      unit: 'locale',
      decimals: 0,
      limits: worseFrom(1, 1000),
    },
    {
      title: 'New at ingest',
      expression: totalIncrease('deadLetters', ['reason'], { stage: 'ingest' }),
      unit: 'locale',
      decimals: 0,
    },
    {
      title: 'New at worker',
      expression: totalIncrease('deadLetters', ['reason'], { stage: 'worker' }),
      unit: 'locale',
      decimals: 0,
    },
  ],
};
