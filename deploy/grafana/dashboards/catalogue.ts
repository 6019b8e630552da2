import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, mustIAct, row } from './dashboard.ts';
import { bars, lineChart, tablePanel } from './panels.ts';
import { QUALITY_DASHBOARD } from './quality-dashboard.ts';
import { ofDetailedPixel } from './signal.ts';
import { ALERT_TABLE, ATTENTION } from './signals/attention.ts';
import { DEAD_LETTERS, REASONS, STUCK } from './signals/dead-letters.ts';
import { FLOW } from './signals/flow.ts';
import { FRESHNESS } from './signals/freshness.ts';
import { PIXEL_TABLE } from './signals/pixels.ts';
import { PLUMBING } from './signals/plumbing.ts';
import { CONTROL, INSTANCES, PROCESSES } from './signals/processes.ts';
import { MATCH_KEYS_OVER_A_WEEK, QUALITY } from './signals/quality.ts';
import { REQUESTS } from './signals/requests.ts';

/** The usual height of a row of charts. */
const CHART = 8;

/** The first look: must I act, and where? */
export const OVERVIEW = dashboard({
  uid: 'capi-overview',
  description:
    'Must an operator act, and where? From Kafka to Meta, over all pixels; the other dashboards go deeper.',
  rows: [
    mustIAct(
      ATTENTION.critical,
      ATTENTION.warning,
      ATTENTION.blocked,
      DEAD_LETTERS.expiringSoon,
      ATTENTION.ledgerGap,
      ATTENTION.deliveryBudget,
      ATTENTION.freshnessBudget,
      FLOW.filteredShare,
    ),
    row('Which alerts?', 5, [24, tablePanel(ALERT_TABLE)]),
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

/** What was not sent: why, how much of it, and how long there is to bring it back. */
const DEAD_LETTERS_DASHBOARD = dashboard({
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

/** One pixel: its lane, its answers, the quality of its events. */
const PIXEL = dashboard({
  uid: 'capi-pixel',
  description: 'One pixel: is it delivered, what does Meta answer, and how good are its events?',
  onePixel: true,
  rows: [
    mustIAct(
      REQUESTS.lane,
      ATTENTION.deliveredShare,
      ATTENTION.freshShare,
      ofDetailedPixel(FRESHNESS.ageP99),
      FRESHNESS.lastDelivery,
      FRESHNESS.queuedNow,
      ATTENTION.deadHeld,
      ATTENTION.ledgerGap,
    ),
    row(
      'Flow: which of its events arrive?',
      CHART,
      [8, lineChart(FLOW.events)],
      [10, lineChart(ofDetailedPixel(FLOW.deliveredByName), { stacked: true, legend: 'beside' })],
      [6, bars(FLOW.ledger)],
    ),
    row(
      'Conversions API: what does Meta answer?',
      CHART,
      [8, lineChart(ofDetailedPixel(REQUESTS.codes))],
      [8, lineChart(REQUESTS.outcomes)],
      [8, lineChart(ofDetailedPixel(REQUESTS.duration))],
      [6, lineChart(REQUESTS.lanes, { stacked: true })],
      [6, lineChart(FRESHNESS.envelopes, { stacked: true })],
      [6, lineChart(REQUESTS.unknownAnswers)],
      [6, lineChart(REQUESTS.answerWarnings)],
    ),
    row(
      'Batches and envelopes: are they full?',
      CHART,
      [6, lineChart(ofDetailedPixel(REQUESTS.batchEvents))],
      [6, lineChart(ofDetailedPixel(PLUMBING.envelopeEvents))],
      [6, lineChart(ofDetailedPixel(PLUMBING.envelopeTriggers))],
      [6, lineChart(REQUESTS.atOnce)],
    ),
    row(
      'Event quality: can Meta match them?',
      11,
      [10, tablePanel(MATCH_KEYS_OVER_A_WEEK)],
      [8, bars(ofDetailedPixel(QUALITY.warnings))],
      [6, lineChart(DEAD_LETTERS.written)],
    ),
  ],
});

/** The processes: use, saturation and errors of each. */
const WORKERS = dashboard({
  uid: 'capi-workers',
  description:
    'The processes: which of them run, what each uses, and what ingest and workers lack.',
  rows: [
    mustIAct(
      PROCESSES.down,
      PROCESSES.running,
      PLUMBING.members,
      PROCESSES.restarts,
      PROCESSES.refusedConfiguration,
      PROCESSES.failingCollectors,
      PROCESSES.paused,
      PROCESSES.redisMemory,
    ),
    row('Which process?', 9, [24, tablePanel(INSTANCES)]),
    row(
      'Use: what does each process need?',
      7,
      [6, lineChart(PROCESSES.eventLoop)],
      [6, lineChart(PROCESSES.eventLoopLag)],
      [6, lineChart(PROCESSES.memory)],
      [6, lineChart(PROCESSES.garbage)],
    ),
    row(
      'Ingest: Kafka to Redis',
      7,
      [6, lineChart(FLOW.messages)],
      [6, lineChart(FLOW.bytes)],
      [6, lineChart(FRESHNESS.lastMessage)],
      [6, lineChart(FLOW.skipped)],
      [6, lineChart(PLUMBING.rebalances)],
      [6, lineChart(PLUMBING.takeDuration)],
      [6, lineChart(PLUMBING.takeFailures)],
      [6, lineChart(PLUMBING.reloads)],
    ),
    row(
      'Workers: Redis to Meta',
      7,
      [6, lineChart(FRESHNESS.inFlight)],
      [6, lineChart(REQUESTS.batchTriggers)],
      [6, lineChart(PLUMBING.roundTrip)],
      [6, lineChart(PLUMBING.collectors)],
    ),
  ],
});

/** The dashboards that are shipped. */
export const DASHBOARDS: readonly Dashboard[] = [
  OVERVIEW,
  DEAD_LETTERS_DASHBOARD,
  PIXEL,
  QUALITY_DASHBOARD,
  WORKERS,
];
