import { dashboard, mustIAct, row } from './dashboard.ts';
import { bars, lineChart, tablePanel } from './panels.ts';
import { ATTENTION } from './signals/attention.ts';
import { DEAD_LETTERS } from './signals/dead-letters.ts';
import { FLOW } from './signals/flow.ts';
import { FRESHNESS } from './signals/freshness.ts';
import { PLUMBING } from './signals/plumbing.ts';
import { MATCH_KEYS_OVER_A_WEEK, QUALITY } from './signals/quality.ts';
import { REQUESTS } from './signals/requests.ts';

const CHART = 8;

/** One pixel: its lane, its answers, the quality of its events. */
export const PIXEL = dashboard({
  uid: 'capi-pixel',
  description: 'One pixel: is it delivered, what does Meta answer, and how good are its events?',
  onePixel: true,
  rows: [
    mustIAct(
      REQUESTS.lane,
      ATTENTION.deliveredShare,
      ATTENTION.freshShare,
      FRESHNESS.ageP99,
      FRESHNESS.lastDelivery,
      FRESHNESS.queuedNow,
      ATTENTION.deadHeld,
      ATTENTION.ledgerGap,
    ),
    row(
      'Flow: which of its events arrive?',
      CHART,
      [8, lineChart(FLOW.events)],
      [10, lineChart(FLOW.deliveredByName, { stacked: true, legend: 'beside' })],
      [6, bars(FLOW.ledger)],
    ),
    row(
      'Conversions API: what does Meta answer?',
      CHART,
      [8, lineChart(REQUESTS.codes)],
      [8, lineChart(REQUESTS.outcomes)],
      [8, lineChart(REQUESTS.duration)],

      [6, lineChart(REQUESTS.lanes, { stacked: true })],
      [6, lineChart(FRESHNESS.envelopes, { stacked: true })],
      [6, lineChart(REQUESTS.unknownAnswers)],
      [6, lineChart(REQUESTS.answerWarnings)],
    ),
    row(
      'Batches and envelopes: are they full?',
      CHART,
      [6, lineChart(REQUESTS.batchEvents)],
      [6, lineChart(PLUMBING.envelopeEvents)],
      [6, lineChart(PLUMBING.envelopeTriggers)],
      [6, lineChart(REQUESTS.atOnce)],
    ),
    row(
      'Event quality: can Meta match them?',
      11,
      [10, tablePanel(MATCH_KEYS_OVER_A_WEEK)],
      [8, bars(QUALITY.warnings)],
      [6, lineChart(DEAD_LETTERS.written)],
    ),
  ],
});
