import { z } from 'zod';
import { count, listenHost, ms, port, ratio, says } from './values.ts';

/** Source: Meta, Conversions API, using the API: at most 1,000 events in `data`. */
const MOST_EVENTS = 1000;

/**
 * A hold is renewed when a sixth of its time is over, and counts as certain for half of it. At 5 s a
 * worker whose event loop or whose Redis is two seconds late still holds what it has.
 */
const LEAST_LOCK_MS = 5000;

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

const breaker = z
  .strictObject({
    failures: count(5).describe(
      'failed requests in a row after which a pixel stands still; fewer than `retry.attempts`, or an outage uses those up',
    ),
    share: ratio(0.5).describe('or this share of its last requests'),
    requests: count(20).describe('how many last requests that share is of'),
    baseMs: count(1000).describe('wait before the first probe; it doubles each time'),
    capMs: count(60_000).describe('longest wait before a probe'),
    probeEvents: count(10).describe('events of the request that probes a pixel which stood still'),
  })
  .prefault({})
  .describe('when requests of a pixel fail again and again');

const suspects = z
  .strictObject({
    suspectAfter: count(2).describe(
      'workers that may vanish while they hold an envelope before it is tried alone',
    ),
    buryAfter: count(3).describe(
      'workers that may vanish while they try it alone before its events become dead letters',
    ),
  })
  .prefault({})
  .describe('when an envelope ends the workers that hold it');

const rejections = z
  .strictObject({
    judged: count(20).describe('how many of the last events that Meta judged are looked at'),
    share: ratio(0.95).describe(
      'share of them, refused for one reason, that blocks the pixel instead of burying its events',
    ),
  })
  .prefault({})
  .describe('when nearly everything is refused');

const throttle = z
  .strictObject({
    defaultMs: count(60_000).describe('wait where Meta does not say how long'),
    leastMs: z
      .int()
      .min(100)
      .default(1000)
      .describe(
        'shortest wait, also where Meta asks for less, such as `retry-after: 0`; it doubles with each probe that is throttled, up to `worker.breaker.capMs`',
      ),
  })
  .prefault({})
  .describe('what follows when Meta asks for less');

const blocked = z
  .strictObject({ probeMs: count(30_000).describe('how often a blocked pixel is tried again') })
  .prefault({})
  .describe('what follows when a token or permission is refused');

/** From the queue to Meta. */
export const worker = z
  .strictObject({
    host: listenHost(),
    port: port(9102).describe('of /metrics, /livez and /readyz; 0 picks a free one'),
    envelopesPerPixel: count(32).describe('envelopes held at once by one worker, for each pixel'),
    requestsPerPixel: count(8).describe(
      'most requests under way in one worker, for each pixel; fewer while answers are slow',
    ),
    requests: count(64).describe(
      'requests under way in one worker, shared by its pixels by their weights',
    ),
    heldEvents: count(200_000).describe(
      'events in the memory of one worker, shared by its pixels by their weights',
    ),
    usageFrom: z
      .int()
      .min(1)
      .max(100)
      .default(75)
      .describe("percentage of Meta's usage headers from which a pixel slows down"),
    batch,
    horizonMarginMs: ms(60_000).describe(
      'how long before Meta would refuse it as too old an event is given up',
    ),
    lockMs: z
      .int()
      .default(30_000)
      .refine((lockMs) => lockMs >= LEAST_LOCK_MS, {
        error: says(
          `is so short that a worker which is only busy loses its envelopes, and they are sent twice`,
          `give at least ${LEAST_LOCK_MS}`,
        ),
      })
      .describe(
        `how long envelopes of a worker without a sign of life wait before another one takes them; at least ${LEAST_LOCK_MS}, because a worker that lives must have time to give one`,
      ),
    gzip: z
      .boolean()
      .default(false)
      .describe('compress request bodies; Meta does not document that it takes them'),
    retry,
    breaker,
    rejections,
    suspects,
    throttle,
    blocked,
    stopTimeoutMs: count(30_000).describe('how long an orderly stop may take'),
    metricsLingerMs: ms(0).describe(
      'how much longer /metrics is served after the work has stopped; a scrape interval, so that the last increments are seen',
    ),
  })
  .prefault({})
  .describe('From the queue to Meta.');
