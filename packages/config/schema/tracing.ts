import { z } from 'zod';

/** Spans for OpenTelemetry. */
export const tracing = z
  .strictObject({
    enabled: z
      .boolean()
      .nullable()
      .default(null)
      .describe(
        'whether spans are sent; null: where OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set',
      ),
  })
  .prefault({})
  .describe('Spans for OpenTelemetry, which its own OTEL_* variables say more about.');
