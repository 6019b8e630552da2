import { rate, runtimeSeries, series } from '../expressions.ts';
import { worseFrom } from '../signal.ts';
import type { TableSignal } from '../table-signal.ts';

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
