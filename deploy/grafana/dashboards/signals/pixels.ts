import { deliveredShare, ofFleet, quantile, rate, series } from '../expressions.ts';
import { betterFrom, type TableSignal, worseFrom } from '../signal.ts';
import { LANE_WORDS, worstLaneState } from './requests.ts';

/** Every pixel in a line: how it is now, and how it was in the time shown. */
export const PIXEL_TABLE: TableSignal = {
  title: 'Pixels',
  description:
    'One line a pixel; "none" holds events of which no pixel could be told. Click a pixel to see why a number is red.',
  row: { label: 'pixel', title: 'Pixel', width: 180 },
  leadsTo: { uid: 'capi-pixel', title: 'Open the pixel', variable: 'pixel' },
  sortBy: 'Delivered/s',
  columns: [
    { title: 'Lane', expression: worstLaneState(['pixel']), unit: 'none', words: LANE_WORDS },
    {
      title: 'Delivered/s',
      expression: rate('workerEvents', ['pixel'], { outcome: 'delivered' }),
      unit: 'none',
      decimals: 1,
    },
    {
      title: 'Delivered',
      expression: deliveredShare(['pixel']),
      unit: 'percentunit',
      decimals: 2,
      limits: betterFrom(0.99, 0.999),
    },
    {
      title: 'Age p99',
      expression: quantile(0.99, 'deliveryAge', ['pixel']),
      unit: 's',
      decimals: 1,
      limits: worseFrom(60, 300),
    },
    { title: 'Queued', expression: ofFleet('queueEvents', ['pixel']), unit: 'locale', decimals: 0 },
    {
      title: 'Oldest envelope',
      expression: ofFleet('queueOldest', ['pixel']),
      unit: 's',
      decimals: 0,
      limits: worseFrom(120, 900),
    },
    {
      title: 'Last delivery',
      expression: `time() - max by (pixel) (${series('workerLastDelivery')})`,
      unit: 's',
      decimals: 0,
      limits: worseFrom(300, 1800),
    },
    {
      title: 'Dead letters',
      expression: `sum by (pixel) (${ofFleet('deadLettersHeld', ['pixel', 'reason'])})`,
      unit: 'locale',
      decimals: 0,
      limits: worseFrom(1, 1000),
    },
  ],
};
