import { dashboard, mustIAct, row } from './dashboard.ts';
import { lineChart, tablePanel } from './panels.ts';
import { FLOW } from './signals/flow.ts';
import { FRESHNESS } from './signals/freshness.ts';
import { PLUMBING } from './signals/plumbing.ts';
import { INSTANCES, PROCESSES } from './signals/processes.ts';
import { REQUESTS } from './signals/requests.ts';

const CHART = 7;

/** The processes: use, saturation and errors of each. */
export const WORKERS = dashboard({
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
      CHART,
      [6, lineChart(PROCESSES.eventLoop)],
      [6, lineChart(PROCESSES.eventLoopLag)],
      [6, lineChart(PROCESSES.memory)],
      [6, lineChart(PROCESSES.garbage)],
    ),
    row(
      'Ingest: Kafka to Redis',
      CHART,
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
      CHART,
      [6, lineChart(FRESHNESS.inFlight)],
      [6, lineChart(REQUESTS.batchTriggers)],
      [6, lineChart(PLUMBING.roundTrip)],
      [6, lineChart(PLUMBING.collectors)],
    ),
  ],
});
