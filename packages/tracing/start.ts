import type { Configuration } from '#config/configuration.ts';
import type { ServiceLog } from '#process/service-log.ts';
import { NO_TRACING, type Tracing } from './tracing.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

/**
 * Whether spans are created: if the configuration says so, or an endpoint is set.
 * Source: OpenTelemetry, environment variable specification.
 */
export function isTraced(enabled: boolean | null, env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  if (env['OTEL_TRACES_EXPORTER'] === 'none') return false;
  return enabled ?? ENDPOINTS.some((name) => (env[name] ?? '') !== '');
}

/** Starts tracing if it is on; the SDK is loaded only then. */
export async function startTracing(
  service: string,
  { tracing, graphApi }: Pick<Configuration, 'tracing' | 'graphApi'>,
  log: Pick<ServiceLog, 'failed'>,
  env: Environment = process.env,
): Promise<Tracing> {
  if (!isTraced(tracing.enabled, env)) return NO_TRACING;
  const { createTracing } = await import('./open-telemetry.ts');
  const onFailure = (error: Error): void => log.failed('spans are lost', error);
  return createTracing({ service, graphApi, onFailure });
}
