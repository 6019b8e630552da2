import { dashboard, mustIAct, row } from './dashboard.ts';
import { bars, lineChart, tablePanel } from './panels.ts';
import { ATTENTION } from './signals/attention.ts';
import { FRESHNESS } from './signals/freshness.ts';
import { META_EVENTS, META_QUALITY } from './signals/meta-quality.ts';
import { QUALITY } from './signals/quality.ts';

/** What Meta says of the events, and what was sent. */
export const QUALITY_DASHBOARD = dashboard({
  uid: 'capi-quality',
  description:
    "Meta's own view of the quality of the events, where control asks for it: scores, identifiers, coverage and issues.",
  rows: [
    mustIAct(
      ATTENTION.critical,
      META_QUALITY.lowestScore,
      META_QUALITY.critical,
      META_QUALITY.failing,
      META_QUALITY.age,
      ATTENTION.deliveredShare,
    ),
    row('Which events?', 9, [24, tablePanel(META_EVENTS)]),
    row(
      'What can Meta match them by?',
      9,
      [8, bars(META_QUALITY.keys)],
      [8, bars(QUALITY.matchKeys)],
      [8, lineChart(QUALITY.failures)],
    ),
    row(
      'How does it change?',
      8,
      [9, lineChart(META_QUALITY.scores, { legend: 'beside' })],
      [5, lineChart(META_QUALITY.drops)],
      [5, lineChart(META_QUALITY.answers)],
      [5, lineChart(FRESHNESS.nearHorizon)],
    ),
  ],
});
