import { z } from 'zod';
import { count, listenHost, ms, port, ratio, says } from './values.ts';

/** Source: Meta, Conversions API, using the API: at most 1,000 events in `data`. */
const MOST_EVENTS = 1000;

/**
 * A lock is renewed after a sixth of its time and counts as certain for half of it. At 5 s a worker
 * whose event loop or Redis is two seconds late still keeps its locks.
 */
const LEAST_LOCK_MS = 5000;

const batch = z
  .strictObject({
    maxEvents: z
      .int()
      .min(1)
      .max(MOST_EVENTS)
      .default(MOST_EVENTS)
      .describe('events in a request; Meta accepts at most 1,000'),
    maxBytes: count(4_194_304).describe('size of the request body, before compression'),
    lingerMs: ms(50).describe('how long a batch waits for more events'),
  })
  .prefault({})
  .describe('limits of a batch');

const retry = z
  .strictObject({
    attempts: count(12).describe('failures after which events become dead letters'),
    baseMs: count(1000).describe('delay after the first failure; it doubles each time'),
    capMs: count(600_000).describe('longest delay'),
  })
  .prefault({})
  .describe('retries after a failed request');

const breaker = z
  .strictObject({
    failures: count(5).describe(
      'consecutive failed requests that halt a pixel; keep it below `retry.attempts`, or an outage uses those up',
    ),
    share: ratio(0.5).describe('share of recent requests that halts it, too'),
    requests: count(20).describe('number of recent requests that the share refers to'),
    baseMs: count(1000).describe('delay before the first probe; it doubles each time'),
    capMs: count(60_000).describe('longest delay before a probe'),
    probeEvents: count(10).describe('events in a request that probes a halted pixel'),
  })
  .prefault({})
  .describe('when repeated failures halt a pixel');

const suspects = z
  .strictObject({
    suspectAfter: count(2).describe(
      'workers that may vanish while holding an envelope before it is processed alone',
    ),
    buryAfter: count(3).describe(
      'workers that may vanish while processing it alone before its events become dead letters',
    ),
  })
  .prefault({})
  .describe('handling of an envelope that crashes its workers');

const rejections = z
  .strictObject({
    judged: count(20).describe('number of recent events with a final answer from Meta to consider'),
    share: ratio(0.95).describe(
      'share of them rejected for one reason that blocks the pixel, instead of turning its events into dead letters',
    ),
  })
  .prefault({})
  .describe('when Meta rejects nearly everything');

const throttle = z
  .strictObject({
    defaultMs: count(60_000).describe('delay if Meta does not specify one'),
    leastMs: z
      .int()
      .min(100)
      .default(1000)
      .describe(
        'shortest delay, even if Meta asks for less, as with `retry-after: 0`; it doubles with each throttled probe, up to `worker.breaker.capMs`',
      ),
  })
  .prefault({})
  .describe('when Meta throttles a pixel');

const blocked = z
  .strictObject({ probeMs: count(30_000).describe('how often a blocked pixel is probed') })
  .prefault({})
  .describe('when Meta refuses a token or permission');

export const workerSchema = z
  .strictObject({
    host: listenHost(),
    port: port(9102).describe('port of /metrics, /livez and /readyz; 0 picks a free one'),
    envelopesPerPixel: count(32).describe('envelopes that one worker holds at once, per pixel'),
    requestsPerPixel: count(8).describe(
      'largest number of requests in flight in one worker, per pixel; fewer while responses are slow',
    ),
    requests: count(64).describe(
      'requests in flight in one worker, shared by its pixels according to their weights',
    ),
    heldEvents: count(200_000).describe(
      'events in the memory of one worker, shared by its pixels according to their weights',
    ),
    usageFrom: z
      .int()
      .min(1)
      .max(100)
      .default(75)
      .describe("percentage of Meta's usage headers from which a pixel slows down"),
    batch,
    horizonMarginMs: ms(60_000).describe(
      'how long before Meta would reject an event as too old it becomes a dead letter',
    ),
    lockMs: z
      .int()
      .default(30_000)
      .refine((lockMs) => lockMs >= LEAST_LOCK_MS, {
        error: says(
          'is so short that a busy worker loses its envelopes, which are then sent twice',
          `use at least ${LEAST_LOCK_MS}`,
        ),
      })
      .describe(
        `how long the envelopes of a silent worker wait before another worker takes them over; at least ${LEAST_LOCK_MS}, so that a busy worker has time to renew its locks`,
      ),
    gzip: z
      .boolean()
      .default(false)
      .describe('compress request bodies; Meta does not document that it accepts this'),
    retry,
    breaker,
    rejections,
    suspects,
    throttle,
    blocked,
    stopTimeoutMs: count(30_000).describe('time limit for a graceful stop'),
    metricsLingerMs: ms(0).describe(
      'how long /metrics is served after the work has stopped; set it to the scrape interval, so that the last increments are scraped',
    ),
  })
  .prefault({})
  .describe('From the queue to Meta.');
