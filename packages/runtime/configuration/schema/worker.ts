import { z } from 'zod';
import { count, ms, port } from './values.ts';

/** Source: Meta, Conversions API, using the API: at most 1,000 events in `data`. */
const MOST_EVENTS = 1000;

const batch = z
  .strictObject({
    maxEvents: z
      .int()
      .min(1)
      .max(MOST_EVENTS)
      .default(MOST_EVENTS)
      .describe('events of a request; Meta takes at most 1,000'),
    maxBytes: count(4_194_304).describe('bytes of its body, before compressing'),
    lingerMs: ms(50).describe('how long events wait for more of them'),
  })
  .prefault({})
  .describe('when a batch is sent');

const retry = z
  .strictObject({
    attempts: count(12).describe('failures after which events become dead letters'),
    baseMs: count(1000).describe('rest after the first failure; it doubles each time'),
    capMs: count(600_000).describe('longest rest'),
  })
  .prefault({})
  .describe('what follows when Meta does not answer well');

const throttle = z
  .strictObject({ defaultMs: count(60_000).describe('wait where Meta does not say how long') })
  .prefault({})
  .describe('what follows when Meta asks for less');

const blocked = z
  .strictObject({ probeMs: count(30_000).describe('how often a blocked pixel is tried again') })
  .prefault({})
  .describe('what follows when a token or permission is refused');

/** From the queue to Meta. */
export const worker = z
  .strictObject({
    port: port(9102).describe('of /metrics, /livez and /readyz; 0 picks a free one'),
    envelopesPerPixel: count(32).describe('envelopes held at once by one worker, for each pixel'),
    requestsPerPixel: count(4).describe('requests under way in one worker, for each pixel'),
    batch,
    lockMs: count(30_000).describe(
      'how long envelopes of a worker without a sign of life wait before another one takes them',
    ),
    gzip: z
      .boolean()
      .default(false)
      .describe('compress request bodies; Meta does not document that it takes them'),
    retry,
    throttle,
    blocked,
    stopTimeoutMs: count(30_000).describe('how long an orderly stop may take'),
    metricsLingerMs: ms(0).describe(
      'how much longer /metrics is served after the work has stopped; a scrape interval, so that the last increments are seen',
    ),
  })
  .prefault({})
  .describe('From the queue to Meta.');
