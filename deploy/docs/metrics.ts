import { CONTROL_METRICS } from '#control/metrics.ts';
import { INGEST_METRICS } from '#ingest/metrics.ts';
import { PROCESS_METRICS } from '#process/metrics/process-metrics.ts';
import { WORKER_METRICS } from '#worker/metrics.ts';

/** The metrics that each service serves. */
export const SERVICE_METRICS = {
  ingest: { ...PROCESS_METRICS, ...INGEST_METRICS },
  worker: { ...PROCESS_METRICS, ...WORKER_METRICS },
  control: { ...PROCESS_METRICS, ...CONTROL_METRICS },
};

export type Service = keyof typeof SERVICE_METRICS;

/** Every metric, by its name in the code. */
export const METRICS = {
  ...SERVICE_METRICS.ingest,
  ...SERVICE_METRICS.worker,
  ...SERVICE_METRICS.control,
};
