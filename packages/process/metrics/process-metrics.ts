import { counter, type Declarations, gauge } from './declare.ts';

export const PROCESS_STATES = ['starting', 'running', 'stopping'] as const;

/** Sources of metrics of one process. */
const COLLECTORS = { upTo: 7 };

/** The metrics that every process serves. */
export const PROCESS_METRICS = {
  buildInfo: gauge(
    'capi_build_info',
    'Always 1; the labels name the service, its release and its Node.js version.',
    {
      unit: '0 or 1',
      labels: { service: { upTo: 1 }, version: { upTo: 1 }, node_version: { upTo: 1 } },
    },
  ),
  processState: gauge(
    'capi_process_state',
    '1 for the state that the process is in, 0 for the others.',
    { unit: '0 or 1', labels: { state: PROCESS_STATES } },
  ),
  eventLoopActive: counter(
    'capi_event_loop_active_seconds_total',
    'Time in which the event loop was busy; its rate is the utilisation of the main thread, at most 1.',
    { unit: 'seconds' },
  ),
  collectorSuccess: gauge(
    'capi_collector_success',
    '1 if the last query of this source of metrics succeeded, 0 if it failed or timed out, so that its values are old.',
    { unit: '0 or 1', labels: { collector: COLLECTORS } },
  ),
  collectorDuration: gauge(
    'capi_collector_duration_seconds',
    'Duration of the last query of this source of metrics, or the time until it timed out.',
    { unit: 'seconds', labels: { collector: COLLECTORS } },
  ),
  droppedLabels: counter(
    'capi_metrics_dropped_labels_total',
    'Label values outside their closed list, counted as other.',
    { unit: 'times', labels: { label: ['code'] } },
  ),
  configurationReloads: counter(
    'capi_configuration_reloads_total',
    'Changes of the configuration that were applied, refused because of problems, or failed to apply.',
    { unit: 'times', labels: { result: ['applied', 'refused', 'failed'] } },
  ),
  configurationValid: gauge(
    'capi_configuration_last_reload_successful',
    '1 while the process uses the current configuration file, 0 after it refused a change and kept the previous configuration.',
    { unit: '0 or 1' },
  ),
  configurationPending: gauge(
    'capi_configuration_reload_pending',
    '1 while a change of the configuration has not taken full effect: a removed pixel is still closing, or applying it failed and is retried.',
    { unit: '0 or 1' },
  ),
} satisfies Declarations;
