import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { VERSION } from '#process/version.ts';
import type { TracingRooms } from './tracing.ts';

/** Sampler, limits, batching, endpoint, headers and resource come from the `OTEL_*` variables. */
export function createProvider({
  service,
  onFailure,
}: Pick<TracingRooms, 'service' | 'onFailure'>): NodeTracerProvider {
  const fail = (message: string): void => onFailure(new Error(messageOf(message)));
  const silent = (): void => {};
  const logger = { error: fail, warn: fail, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const own = resourceFromAttributes({
    'service.name': `capi-relay-${service}`,
    'service.version': VERSION,
    'service.instance.id': `${process.pid}`,
  });
  const given = detectResources({ detectors: [envDetector] });
  return new NodeTracerProvider({
    resource: defaultResource().merge(own).merge(given),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
}

/**
 * The SDK writes an error as JSON, with its stack and with whatever the endpoint answered, which may
 * repeat a header of ours: what went wrong is enough.
 */
function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly message?: unknown }).message ?? 'unknown');
  } catch {
    return text;
  }
}
