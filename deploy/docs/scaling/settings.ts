import { ingestSchema } from '#config/schema/ingest.ts';
import { workerSchema } from '#config/schema/worker.ts';

/** The limits that decide how events are put together; times in seconds. */
export interface Settings {
  readonly envelopeEvents: number;
  readonly envelopeLinger: number;
  readonly requestEvents: number;
  readonly requestLinger: number;
  readonly requestsPerPixel: number;
  readonly requestsPerWorker: number;
  readonly envelopesPerPixel: number;
}

/** As they are where a configuration says nothing. */
export function defaultSettings(): Settings {
  const { envelope } = ingestSchema.parse({});
  const { batch, requests, requestsPerPixel, envelopesPerPixel } = workerSchema.parse({});
  return {
    envelopeEvents: envelope.maxEvents,
    envelopeLinger: envelope.lingerMs / 1000,
    requestEvents: batch.maxEvents,
    requestLinger: batch.lingerMs / 1000,
    requestsPerPixel,
    requestsPerWorker: requests,
    envelopesPerPixel,
  };
}
