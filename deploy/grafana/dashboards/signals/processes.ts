import { ofFleet, orZero, rate, runtimeSeries, series, sumOfProcesses } from '../expressions.ts';
import { goodAtZero, type Signal, type TableSignal, worseFrom } from '../signal.ts';

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
    queries: { down: orZero(`count(${runtimeSeries('up')} == 0)`) },
    limits: goodAtZero(),
  },
  running: {
    title: 'Running',
    description:
      'Processes in the state running. Fewer than you started: the table of processes shows which of them is starting or stopping.',
    unit: 'none',
    decimals: 0,
    queries: { running: `sum(${series('processState', { state: 'running' })})` },
    limits: { below: 'red', steps: [{ from: 1, colour: 'green' }] },
  },
  restarts: {
    title: 'Starts',
    description:
      'How often processes started in the time shown. More than you deployed: something kills them; look for the last lines of their logs.',
    unit: 'none',
    decimals: 0,
    queries: { starts: `sum(changes(${runtimeSeries('process_start_time_seconds')}[$__range]))` },
  },
  refusedConfiguration: {
    title: 'Old settings',
    description:
      'Processes that refused the changed configuration file, and those in which a change is not in full effect yet. Run `capi-relay check`; ask their /readyz.',
    unit: 'none',
    decimals: 0,
    queries: {
      refused: `sum(1 - ${series('configurationValid')})`,
      pending: sumOfProcesses('configurationPending'),
    },
    limits: goodAtZero('orange'),
  },
  failingCollectors: {
    title: 'Blind collectors',
    description:
      'Sources of metrics that failed or were too slow: see whether Redis and Kafka answer. Missing is 1 while no copy of control does the duties of the fleet: start one.',
    unit: 'none',
    decimals: 0,
    queries: {
      blind: orZero(`count(${series('collectorSuccess')} == 0)`),
      missing: `1 - max(${series('duties')})`,
    },
    limits: goodAtZero(),
  },
  redisMemory: {
    title: 'Redis memory',
    description:
      'Used share of the maxmemory of Redis. Near its mark ingest holds Kafka back, and nothing is lost: drain the queue, or give Redis more memory.',
    unit: 'percentunit',
    decimals: 1,
    queries: { used: ofFleet('redisMemory') },
    limits: worseFrom(0.6, 0.8),
    max: 1,
    min: 0,
  },
  paused: {
    title: 'Ingest held back',
    description:
      'Ingest processes that do not read because Redis is too full. They go on by themselves: find out why the queue does not drain.',
    unit: 'none',
    decimals: 0,
    queries: { 'held back': sumOfProcesses('ingestPaused') },
    limits: goodAtZero('orange'),
  },
  eventLoop: {
    title: 'Event loop busy',
    description:
      'Share of time in which the one thread that does the work was busy. Above 90 % for long: add processes; it is the first thing to run out.',
    unit: 'percentunit',
    decimals: 0,
    queries: { [BY_INSTANCE]: rate('eventLoopActive', ['instance']) },
    max: 1,
  },
  eventLoopLag: {
    title: 'Event loop lag p99',
    description:
      'How late timers fire, by process. Above 0.1 s: something blocks the thread; heartbeats to Kafka and locks in Redis come into danger at seconds.',
    unit: 's',
    queries: { [BY_INSTANCE]: perInstance('nodejs_eventloop_lag_p99_seconds') },
  },
  memory: {
    title: 'Memory',
    description:
      'Resident memory by process; flat whatever waits in Kafka and Redis. Rising for hours: a leak; take a heap snapshot before you restart.',
    unit: 'bytes',
    queries: { [BY_INSTANCE]: perInstance('process_resident_memory_bytes') },
  },
  garbage: {
    title: 'Garbage collection',
    description:
      'Share of time spent collecting garbage, by process. Above 10 %: the heap is near its limit, or batches are too large for it.',
    unit: 'percentunit',
    decimals: 1,
    queries: { [BY_INSTANCE]: ratePerInstance('nodejs_gc_duration_seconds_sum') },
  },
} satisfies Record<string, Signal>;

const STATES = { running: 'green', starting: 'orange', stopping: 'orange' } as const;

const state = Object.keys(STATES)
  .map((name, index) => `${series('processState', { state: name })} * ${index}`)
  .join(' or ');

/** Every process in a line. */
export const INSTANCES: TableSignal = {
  title: 'Processes',
  description:
    'One line a process. Uptimes that differ from your deploys: something restarts it. Several versions for long: a rollout hangs.',
  row: { label: 'instance', title: 'Process', width: 220 },
  also: { job: 'Job', version: 'Version' },
  sortBy: 'Event loop busy',
  columns: [
    {
      title: 'Up for',
      expression: `(time() - max by (instance, job) (${runtimeSeries('process_start_time_seconds')})) * on (instance, job) group_left (version) max by (instance, job, version) (${series('buildInfo')})`,
      unit: 's',
      decimals: 1,
    },
    {
      title: 'State',
      expression: `max by (instance) (${state})`,
      unit: 'none',
      words: Object.fromEntries(
        Object.entries(STATES).map(([text, colour], index) => [index, { text, colour }]),
      ),
    },
    {
      title: 'Event loop busy',
      expression: rate('eventLoopActive', ['instance']),
      unit: 'percentunit',
      decimals: 0,
      limits: worseFrom(0.7, 0.9),
    },
    {
      title: 'CPU',
      expression: `sum by (instance) (rate(${runtimeSeries('process_cpu_seconds_total')}[$__rate_interval]))`,
      unit: 'percentunit',
      decimals: 0,
    },
    {
      title: 'Memory',
      expression: `max by (instance) (${runtimeSeries('process_resident_memory_bytes')})`,
      unit: 'bytes',
      decimals: 0,
    },
    {
      title: 'Heap in use',
      expression: `max by (instance) (${runtimeSeries('nodejs_heap_size_used_bytes')})`,
      unit: 'bytes',
      decimals: 0,
    },
  ],
};

/** The pages of control, in which people read, replay and purge dead letters. */
export const CONTROL = {
  requests: {
    title: 'Requests to control',
    description:
      'Requests a second by the kind of answer. 5xx: it cannot reach Redis or Kafka; its log says which. 4xx: see the failed logins.',
    unit: 'reqps',
    colours: { '2xx': 'green', '3xx': 'blue', '4xx': 'orange', '5xx': 'red' },
    queries: { '{{code}}': rate('controlRequests', ['code']) },
  },
  loginFailures: {
    title: 'Failed logins',
    description:
      'Requests a second with a wrong password or an unknown user. A steady line: someone is guessing; restrict who can reach control.',
    unit: 'reqps',
    colours: { failed: 'red' },
    rare: true,
    queries: { failed: rate('controlLoginFailures') },
  },
} satisfies Record<string, Signal>;
