import { ofFleet, rate, runtimeSeries, series, sumOfProcesses } from '../expressions.ts';
import { goodAtZero, type Signal, worseFrom } from '../signal.ts';

const BY_INSTANCE = '{{instance}}';

function perInstance(name: string): string {
  return `max by (instance) (${runtimeSeries(name)})`;
}

function ratePerInstance(name: string): string {
  return `sum by (instance) (rate(${runtimeSeries(name)}[$__rate_interval]))`;
}

/** How the processes are, and what they use. */
export const PROCESSES = {
  down: {
    title: 'Not answering',
    description:
      'Processes that Prometheus cannot scrape. Above 0: the process died or hangs, or the network is cut; see its log and its /livez.',
    unit: 'none',
    queries: [{ expression: orZeroCount(`${runtimeSeries('up')} == 0`), legend: 'down' }],
    limits: goodAtZero(),
  },
  running: {
    title: 'Running',
    description:
      'Processes in the state running. Fewer than you started: the table of processes shows which of them is starting or stopping.',
    unit: 'none',
    decimals: 0,
    queries: [
      { expression: `sum(${series('processState', { state: 'running' })})`, legend: 'running' },
    ],
    limits: { below: 'red', steps: [{ from: 1, colour: 'green' }] },
  },
  restarts: {
    title: 'Starts',
    description:
      'How often processes started in the time shown. More than you deployed: something kills them; look for the last lines of their logs.',
    unit: 'none',
    decimals: 0,
    queries: [
      {
        expression: `sum(changes(${runtimeSeries('process_start_time_seconds')}[$__range]))`,
        legend: 'starts',
      },
    ],
  },
  refusedConfiguration: {
    title: 'Old settings',
    description:
      'Processes that refused the changed configuration file, and those in which a change is not in full effect yet. Run `capi-relay check`; ask their /readyz.',
    unit: 'none',
    decimals: 0,
    queries: [
      { expression: `sum(1 - ${series('configurationValid')})`, legend: 'refused' },
      { expression: sumOfProcesses('configurationPending'), legend: 'pending' },
    ],
    limits: goodAtZero('orange'),
  },
  failingCollectors: {
    title: 'Blind collectors',
    description:
      'Sources of metrics that failed or were too slow: see whether Redis and Kafka answer. Missing is 1 while no copy of control does the duties of the fleet: start one.',
    unit: 'none',
    decimals: 0,
    queries: [
      { expression: orZeroCount(`${series('collectorSuccess')} == 0`), legend: 'blind' },
      { expression: `1 - max(${series('duties')})`, legend: 'missing' },
    ],
    limits: goodAtZero(),
  },
  redisMemory: {
    title: 'Redis memory',
    description:
      'Used share of the maxmemory of Redis. Near its mark ingest holds Kafka back, and nothing is lost: drain the queue, or give Redis more memory.',
    unit: 'percentunit',
    decimals: 1,
    queries: [{ expression: ofFleet('redisMemory'), legend: 'used' }],
    limits: worseFrom(0.6, 0.8),
    min: 0,
    max: 1,
  },
  paused: {
    title: 'Ingest held back',
    description:
      'Ingest processes that do not read because Redis is too full. They go on by themselves: find out why the queue does not drain.',
    unit: 'none',
    decimals: 0,
    queries: [{ expression: sumOfProcesses('ingestPaused'), legend: 'held back' }],
    limits: goodAtZero('orange'),
  },
  cpu: {
    title: 'CPU',
    description:
      'Processor seconds a second, by process. Steadily near 1: the one thread is full; add processes.',
    unit: 'percentunit',
    decimals: 0,
    queries: [{ expression: ratePerInstance('process_cpu_seconds_total'), legend: BY_INSTANCE }],
    min: 0,
  },
  eventLoop: {
    title: 'Event loop busy',
    description:
      'Share of time in which the one thread that does the work was busy. Above 90 % for long: add processes; it is the first thing to run out.',
    unit: 'percentunit',
    decimals: 0,
    queries: [{ expression: rate('eventLoopActive', ['instance']), legend: BY_INSTANCE }],
    min: 0,
    max: 1,
  },
  eventLoopLag: {
    title: 'Event loop lag p99',
    description:
      'How late timers fire, by process. Above 0.1 s: something blocks the thread; heartbeats to Kafka and locks in Redis come into danger at seconds.',
    unit: 's',
    queries: [{ expression: perInstance('nodejs_eventloop_lag_p99_seconds'), legend: BY_INSTANCE }],
    min: 0,
  },
  memory: {
    title: 'Memory',
    description:
      'Resident memory by process; flat whatever waits in Kafka and Redis. Rising for hours: a leak; take a heap snapshot before you restart.',
    unit: 'bytes',
    queries: [{ expression: perInstance('process_resident_memory_bytes'), legend: BY_INSTANCE }],
    min: 0,
  },
  garbage: {
    title: 'Garbage collection',
    description:
      'Share of time spent collecting garbage, by process. Above 10 %: the heap is near its limit, or batches are too large for it.',
    unit: 'percentunit',
    decimals: 1,
    queries: [
      { expression: ratePerInstance('nodejs_gc_duration_seconds_sum'), legend: BY_INSTANCE },
    ],
    min: 0,
  },
  files: {
    title: 'Open files',
    description:
      'Open files and sockets by process. Rising for hours: connections are not closed; compare with the limit of the process.',
    unit: 'none',
    decimals: 0,
    queries: [{ expression: perInstance('process_open_fds'), legend: BY_INSTANCE }],
    min: 0,
  },
} satisfies Record<string, Signal>;

function orZeroCount(condition: string): string {
  return `count(${condition}) or vector(0)`;
}
