import { dashboard, mustIAct, row } from './dashboard.ts';
import { bars, lineChart, tablePanel } from './panels.ts';
import { ATTENTION } from './signals/attention.ts';
import { DEAD_LETTERS } from './signals/dead-letters.ts';
import { FLOW } from './signals/flow.ts';
import { FRESHNESS } from './signals/freshness.ts';
import { PIXEL_TABLE } from './signals/pixels.ts';
import { QUALITY } from './signals/quality.ts';
import { REQUESTS } from './signals/requests.ts';

const CHART = 8;

/** The first look: must I act, and where? */
export const OVERVIEW = dashboard({
  uid: 'capi-overview',
  description:
    'Must an operator act, and where? From Kafka to Meta, over all pixels; the other dashboards go deeper.',
  rows: [
    mustIAct(
      ATTENTION.alerts,
      ATTENTION.deliveredShare,
      ATTENTION.freshShare,
      ATTENTION.oldestEnvelope,
      ATTENTION.lag,
      ATTENTION.heldBack,
      ATTENTION.deadHeld,
      ATTENTION.ledgerGap,
    ),
    row('Which pixel?', 7, [24, tablePanel(PIXEL_TABLE)]),
    row(
      'Flow: does what comes in go out?',
      CHART,
      [10, lineChart(FLOW.events)],
      [6, bars(FLOW.whereTheyWent)],
      [8, lineChart(FLOW.deliveredByPixel)],
    ),
    row(
      'Freshness: how long do events wait, and where?',
      CHART,
      [6, lineChart(FRESHNESS.ageQuantiles)],
      [6, lineChart(FRESHNESS.ageShares, { stacked: true })],
      [6, lineChart(FRESHNESS.queued)],
      [6, lineChart(FLOW.lag)],
    ),
    row(
      'Conversions API: what does Meta say, and how fast?',
      CHART,
      [6, lineChart(REQUESTS.codes)],
      [5, lineChart(REQUESTS.duration)],
      [4, lineChart(REQUESTS.halts)],
      [5, lineChart(REQUESTS.usage)],
      [4, lineChart(REQUESTS.batchEvents)],
    ),
    row(
      'Dead letters: what is not sent, and why?',
      CHART,
      [12, lineChart(DEAD_LETTERS.written)],
      [12, bars(DEAD_LETTERS.heldByReason)],
    ),
    row(
      'Event quality: can Meta match the events?',
      9,
      [12, bars(QUALITY.matchKeys)],
      [12, lineChart(QUALITY.failures)],
    ),
  ],
});
