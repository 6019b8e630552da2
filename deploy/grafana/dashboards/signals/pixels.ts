import { deliveredShare, freshShare, ofFleet, rate, series, withName } from '../expressions.ts';
import { column, type TableSignal } from '../signal.ts';
import { ATTENTION } from './attention.ts';
import { FRESHNESS } from './freshness.ts';
import { LANE_WORDS, worstLaneState } from './requests.ts';

/** Every pixel in a line: how it is now, and how it was in the time shown. */
export const PIXEL_TABLE: TableSignal = {
  title: 'Pixels',
  description:
    'One line a pixel; "none" holds events of which no pixel could be told. Click a pixel to see why a number is red.',
  row: { label: 'pixel', title: 'Pixel', width: 180 },
  also: { name: 'Name' },
  leadsTo: { uid: 'capi-pixel', title: 'Open the pixel', variable: 'pixel' },
  sortBy: 'Delivered/s',
  columns: [
    column('Lane', 'none', withName(worstLaneState(['pixel'])), { words: LANE_WORDS }),
    column('Delivered/s', 'none', rate('workerEvents', ['pixel'], { outcome: 'delivered' }), {
      decimals: 1,
    }),
    { ...ATTENTION.deliveredShare, expression: deliveredShare(['pixel']) },
    { ...ATTENTION.freshShare, expression: freshShare(['pixel']) },
    column('Queued', 'locale', ofFleet('queueEvents', ['pixel']), { decimals: 0 }),
    { ...ATTENTION.oldestEnvelope, title: 'Oldest', expression: ofFleet('queueOldest', ['pixel']) },
    {
      ...FRESHNESS.lastDelivery,
      expression: `time() - max by (pixel) (${series('workerLastDelivery')})`,
    },
    {
      ...ATTENTION.deadHeld,
      expression: `sum by (pixel) (${ofFleet('deadLettersHeld', ['pixel', 'reason'])})`,
      decimals: 0,
    },
  ],
};
