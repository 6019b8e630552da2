import { dashboard } from './dashboard.ts';
import { beside } from './layout.ts';
import { bars, lines, stat } from './panels.ts';
import { ATTENTION } from './signals/attention.ts';
import { DEAD_LETTERS } from './signals/dead-letters.ts';
import { FLOW } from './signals/flow.ts';
import { FRESHNESS } from './signals/freshness.ts';
import { PIXELS } from './signals/pixels.ts';
import { QUALITY } from './signals/quality.ts';
import { REQUESTS } from './signals/requests.ts';
import { table } from './table-panel.ts';

const STAT = 4;
const CHART = 8;

/** The first look: must I act, and where? */
export const OVERVIEW = dashboard({
  uid: 'capi-overview',
  description:
    'Must somebody act, and where? From Kafka to Meta, over all pixels; the other dashboards go deeper.',
  rows: [
    {
      title: 'Must I act?',
      panels: beside(
        STAT,
        [3, stat(ATTENTION.alerts)],
        [3, stat(ATTENTION.deliveredShare)],
        [3, stat(ATTENTION.freshShare)],
        [3, stat(ATTENTION.oldestEnvelope)],
        [3, stat(ATTENTION.lag)],
        [3, stat(ATTENTION.heldBack)],
        [3, stat(ATTENTION.deadHeld)],
        [3, stat(ATTENTION.ledgerGap)],
      ),
    },
    { title: 'Which pixel?', panels: beside(7, [24, table(PIXELS)]) },
    {
      title: 'Flow: does what comes in go out?',
      panels: beside(
        CHART,
        [10, lines(FLOW.events)],
        [6, bars(FLOW.whereTheyWent)],
        [8, lines(FLOW.deliveredByPixel)],
      ),
    },
    {
      title: 'Freshness: how long do events wait, and where?',
      panels: beside(
        CHART,
        [6, lines(FRESHNESS.ageQuantiles)],
        [6, lines(FRESHNESS.ageShares, { stacked: true })],
        [6, lines(FRESHNESS.queued)],
        [6, lines(FLOW.lag)],
      ),
    },
    {
      title: 'Conversions API: what does Meta say, and how fast?',
      panels: beside(
        CHART,
        [6, lines(REQUESTS.codes)],
        [5, lines(REQUESTS.duration)],
        [4, lines(REQUESTS.halts)],
        [5, lines(REQUESTS.usage)],
        [4, lines(REQUESTS.batchEvents)],
      ),
    },
    {
      title: 'Dead letters: what is not sent, and why?',
      panels: beside(
        CHART,
        [12, lines(DEAD_LETTERS.written)],
        [12, bars(DEAD_LETTERS.heldByReason)],
      ),
    },
    {
      title: 'Event quality: can Meta match the events?',
      panels: beside(9, [12, bars(QUALITY.matchKeys)], [12, lines(QUALITY.failures)]),
    },
  ],
});
