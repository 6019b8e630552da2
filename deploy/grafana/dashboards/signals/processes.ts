import { ofFleet, orZero, rate, runtimeSeries, series, sumOfProcesses } from '../expressions.ts';
import { betterFrom, column, goodAtZero, signal, type TableSignal, worseFrom } from '../signal.ts';

const BY_INSTANCE = '{{instance}}';

function perInstance(name: string): string {
  return `max by (instance) (${runtimeSeries(name)})`;
}

function ratePerInstance(name: string): string {
  return `sum by (instance) (rate(${runtimeSeries(name)}[$__rate_interval]))`;
}

/** How the processes are, and what they use. */
export const PROCESSES = {
  down: signal(
    'Not answering',
    'Processes that Prometheus cannot scrape. Above 0: the process died or hangs, or the network is cut; see its log and its /livez.',
    'none',
    { down: orZero(`count(${runtimeSeries('up')} == 0)`) },
    { alert: 'CapiProcessDown', limits: goodAtZero('orange') },
  ),
  running: signal(
    'Running',
    'Processes in the state running. Fewer than you started: the table of processes shows which of them is starting or stopping.',
    'none',
    { running: `sum(${series('processState', { state: 'running' })})` },
    { decimals: 0 },
  ),
  restarts: signal(
    'Starts',
    'How often processes started in the time shown. More than you deployed: something kills them; look for the last lines of their logs.',
    'none',
    { starts: `sum(changes(${runtimeSeries('process_start_time_seconds')}[$__range]))` },
    { decimals: 0 },
  ),
  refusedConfiguration: signal(
    'Old settings',
    'Processes that refused the changed configuration file, and those in which a change is not in full effect yet. Run `capi-relay check`; ask their /readyz.',
    'none',
    {
      refused: `sum(1 - ${series('configurationValid')})`,
      pending: sumOfProcesses('configurationPending'),
    },
    { decimals: 0, alert: 'CapiConfigurationRefused', limits: goodAtZero('orange') },
  ),
  failingCollectors: signal(
    'Blind collectors',
    'Sources of metrics that failed or were too slow: see whether Redis and Kafka answer. Missing is 1 while no copy of control does the duties of the fleet: start one.',
    'none',
    {
      blind: orZero(`count(${series('collectorSuccess')} == 0)`),
      missing: `1 - max(${series('duties')})`,
    },
    { decimals: 0, alert: 'CapiCollectorFailing', limits: goodAtZero('orange') },
  ),
  redisMemory: signal(
    'Redis memory',
    'Used share of the maxmemory of Redis. Near its mark ingest holds Kafka back, and nothing is lost: drain the queue, or give Redis more memory.',
    'percentunit',
    { used: ofFleet('redisMemory') },
    {
      decimals: 1,
      alert: 'CapiRedisMemoryHigh',
      limits: { below: 'green', steps: [{ from: 0.8, colour: 'red' }] },
      max: 1,
      min: 0,
    },
  ),
  paused: signal(
    'Ingest held back',
    'Ingest processes that do not read because Redis is too full. They go on by themselves: find out why the queue does not drain.',
    'none',
    { 'held back': sumOfProcesses('ingestPaused') },
    { decimals: 0 },
  ),
  eventLoop: signal(
    'Event loop busy',
    'Share of time in which the one thread that does the work was busy. Above 90 % for long: add processes; it is the first thing to run out.',
    'percentunit',
    { [BY_INSTANCE]: rate('eventLoopActive', ['instance']) },
    { decimals: 0, max: 1 },
  ),
  eventLoopLag: signal(
    'Event loop lag p99',
    'How late timers fire, by process. Above 0.1 s: something blocks the thread; heartbeats to Kafka and locks in Redis come into danger at seconds.',
    's',
    { [BY_INSTANCE]: perInstance('nodejs_eventloop_lag_p99_seconds') },
  ),
  memory: signal(
    'Memory',
    'Resident memory by process; flat whatever waits in Kafka and Redis. Rising for hours: a leak; take a heap snapshot before you restart.',
    'bytes',
    { [BY_INSTANCE]: perInstance('process_resident_memory_bytes') },
  ),
  garbage: signal(
    'Garbage collection',
    'Share of time spent collecting garbage, by process. Above 10 %: the heap is near its limit, or batches are too large for it.',
    'percentunit',
    { [BY_INSTANCE]: ratePerInstance('nodejs_gc_duration_seconds_sum') },
    { decimals: 1 },
  ),
};

const STATES = { running: 'green', starting: 'orange', stopping: 'orange' } as const;

const state = Object.keys(STATES)
  .map((name, index) => `${series('processState', { state: name })} * ${index}`)
  .join(' or ');

/** Every process in a line. */
export const INSTANCES: TableSignal = {
  title: 'Processes',
  description:
    'One line a process. Uptimes that differ from your deploys: something restarts it. Several versions for long: a rollout hangs. The API version ends in under 60 days: set a newer one.',
  row: { label: 'instance', title: 'Process', width: 220 },
  also: { job: 'Job', version: 'Version' },
  sortBy: 'Busy',
  columns: [
    column(
      'Up for',
      's',
      `(time() - max by (instance, job) (${runtimeSeries('process_start_time_seconds')})) * on (instance, job) group_left (version) max by (instance, job, version) (${series('buildInfo')})`,
      { decimals: 1 },
    ),
    column('State', 'none', `max by (instance) (${state})`, {
      words: Object.fromEntries(
        Object.entries(STATES).map(([text, colour], index) => [index, { text, colour }]),
      ),
    }),
    column(
      'API ends in',
      's',
      `min by (instance) (${series('graphVersionEnd', { role: 'stable' })}) - time()`,
      { decimals: 0, limits: betterFrom(0, 60 * 86_400) },
    ),
    column('Canary', 'none', `min by (instance) (${series('canaryActive')})`, {
      words: { 0: { text: 'went back', colour: 'orange' }, 1: { text: 'active', colour: 'green' } },
    }),
    column(
      'It ends in',
      's',
      `min by (instance) (${series('graphVersionEnd', { role: 'canary' })}) - time()`,
      { decimals: 0, limits: betterFrom(0, 60 * 86_400) },
    ),
    {
      ...PROCESSES.eventLoop,
      title: 'Busy',
      expression: rate('eventLoopActive', ['instance']),
      limits: worseFrom(0.7, 0.9),
    },
    column('CPU', 'percentunit', ratePerInstance('process_cpu_seconds_total'), { decimals: 0 }),
    {
      ...PROCESSES.memory,
      expression: perInstance('process_resident_memory_bytes'),
      decimals: 0,
    },
    column('Heap', 'bytes', perInstance('nodejs_heap_size_used_bytes'), { decimals: 0 }),
  ],
};

/** The pages of control, in which people read, replay and purge dead letters. */
export const CONTROL = {
  requests: signal(
    'Requests to control',
    'Requests a second by the kind of answer. 5xx: it cannot reach Redis or Kafka; its log says which. 4xx: see the failed logins.',
    'reqps',
    { '{{code}}': rate('controlRequests', ['code']) },
    { colours: { '2xx': 'green', '3xx': 'blue', '4xx': 'orange', '5xx': 'red' } },
  ),
  loginFailures: signal(
    'Failed logins',
    'Requests a second with a wrong password or an unknown user. A steady line: someone is guessing; restrict who can reach control.',
    'reqps',
    { failed: rate('controlLoginFailures') },
    { colours: { failed: 'red' }, rare: true },
  ),
};
