import { counter, type Declarations } from '#process/metrics/declare.ts';
import type { Metrics } from '#process/metrics/registry.ts';
import { KAFKA_METRICS } from '#process/metrics/shared-metrics.ts';

export const CONTROL_METRICS = {
  ...KAFKA_METRICS,
  controlRequests: counter(
    'capi_control_requests_total',
    'Requests to control by the kind of HTTP status that they were answered with.',
    { unit: 'requests', labels: { code: ['2xx', '3xx', '4xx', '5xx'] } },
  ),
  controlLoginFailures: counter(
    'capi_control_login_failures_total',
    'Requests to control that came with a wrong password or named an unknown user.',
    { unit: 'requests' },
  ),
} satisfies Declarations;

export type ControlMetrics = Metrics<typeof CONTROL_METRICS>;
