import { z } from 'zod';
import { distinct, section, text } from './values.ts';

export const logSchema = section('Log lines on standard output.', {
  level: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('lowest level that is logged'),
  format: z
    .enum(['auto', 'json', 'pretty'])
    .default('auto')
    .describe(
      'form of a line: `json`; `pretty`, for people; or `auto`, which is pretty where standard output is a terminal',
    ),
});

export const metricsSchema = section(
  'What `/metrics` shows, and to whom. `/livez` and `/readyz` never need credentials.',
  {
    token: text()
      .optional()
      .describe(
        'bearer token that every request for /metrics must carry, in all services; without one, ingest and worker answer anyone who can reach their port, and control answers its users',
      ),
    tokenFile: text().optional().describe('file that holds the token'),
    detailedPixels: z
      .union([z.enum(['all', 'none']), distinct(text())])
      .default('none')
      .describe(
        'pixels with histograms and finer counts of their own: `all`, `none`, or a list of pixel IDs. All others count together under the label pixel="other". Each of them adds about 150 series to a worker, so name all only where they are few',
      ),
  },
);

export const tracingSchema = section(
  'OpenTelemetry spans; the standard OTEL_* variables configure the rest.',
  {
    enabled: z
      .boolean()
      .nullable()
      .default(null)
      .describe(
        'whether spans are sent; `null`: only if OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is set',
      ),
  },
);
