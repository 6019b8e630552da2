import { dashboard, mustIAct, row } from './dashboard.ts';
import { bars, lineChart, tablePanel } from './panels.ts';
import { ATTENTION } from './signals/attention.ts';
import { DEAD_LETTERS, REASONS, STUCK } from './signals/dead-letters.ts';
import { FLOW } from './signals/flow.ts';
import { FRESHNESS } from './signals/freshness.ts';
import { CONTROL } from './signals/processes.ts';
import { REQUESTS } from './signals/requests.ts';

const CHART = 8;

/** What was not sent: why, how much of it, and how long there is to bring it back. */
export const DEAD_LETTERS_DASHBOARD = dashboard({
  uid: 'capi-dead-letters',
  description:
    'What was not sent: why, how much of it, how long there is to bring it back, and what else can keep an event from Meta.',
  rows: [
    mustIAct(
      ATTENTION.deadHeld,
      DEAD_LETTERS.expiringSoon,
      DEAD_LETTERS.writtenTotal,
      DEAD_LETTERS.deadShare,
      FLOW.missing,
      STUCK.closed,
    ),
    row('Why?', 9, [14, tablePanel(REASONS)], [10, bars(DEAD_LETTERS.heldByPixel)]),
    row(
      'When?',
      CHART,
      [12, lineChart(DEAD_LETTERS.written)],
      [6, lineChart(DEAD_LETTERS.writtenByStage)],
      [6, lineChart(DEAD_LETTERS.heldOverTime)],
    ),
    row(
      'Can they still be sent?',
      CHART,
      [12, lineChart(DEAD_LETTERS.expiring)],
      [8, lineChart(DEAD_LETTERS.replayed)],
      [4, lineChart(DEAD_LETTERS.replaying)],
    ),
    row(
      'Are they in their topic?',
      CHART,
      [8, lineChart(DEAD_LETTERS.published)],
      [8, lineChart(DEAD_LETTERS.unpublished)],
      [8, lineChart(DEAD_LETTERS.publishFailures)],
    ),
    row(
      'Control: who reads the pages?',
      CHART,
      [12, lineChart(CONTROL.requests)],
      [12, lineChart(CONTROL.loginFailures)],
    ),
    row(
      'What else keeps events from Meta?',
      CHART,
      [4, lineChart(FLOW.filtered)],
      [4, lineChart(REQUESTS.unreadable)],
      [4, lineChart(STUCK.suspects)],
      [4, lineChart(STUCK.separated)],
      [4, lineChart(STUCK.orphans)],
      [4, lineChart(FRESHNESS.eventTime)],
    ),
  ],
});
