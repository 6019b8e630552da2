import { z } from 'zod';
import {
  count,
  flag,
  listenHost,
  metricsLingerMs,
  ms,
  port,
  ratio,
  says,
  section,
  stopTimeoutMs,
} from './values.ts';

/** Source: Meta, Conversions API, using the API: at most 1,000 events in `data`. */
const MOST_EVENTS = 1000;

/**
 * A lock is renewed after a sixth of its time and counts as certain for half of it. At 5 s a worker
 * whose event loop or Redis is two seconds late still keeps its locks.
 */
const LEAST_LOCK_MS = 5000;

const batch = section('limits of a batch', {
  maxEvents: count(MOST_EVENTS, MOST_EVENTS).describe(
    'events in a request; Meta accepts at most 1,000',
  ),
  maxBytes: count(4_194_304).describe('size of the request body, before compression'),
  lingerMs: ms(50).describe('how long a batch waits for more events'),
});

const retry = section('retries after a failed request', {
  attempts: count(12).describe('failures after which events become dead letters'),
  baseMs: count(1000).describe('delay after the first failure; it doubles each time'),
  capMs: count(600_000).describe('longest delay'),
});

const breaker = section('when repeated failures halt a pixel', {
  failures: count(5).describe(
    'consecutive failed requests that halt a pixel; keep it below `retry.attempts`, or an outage uses those up',
  ),
  share: ratio(0.5).describe('share of recent requests that halts it, too'),
  requests: count(20).describe('number of recent requests that the share refers to'),
  baseMs: count(1000).describe('delay before the first probe; it doubles each time'),
  capMs: count(60_000).describe('longest delay before a probe'),
  probeEvents: count(10).describe('events in a request that probes a halted pixel'),
});

const suspects = section('handling of an envelope that crashes its workers', {
  suspectAfter: count(2).describe(
    'workers that may vanish while holding an envelope before it is processed alone',
  ),
  buryAfter: count(3).describe(
    'workers that may vanish while processing it alone before its events become dead letters',
  ),
});

const rejections = section('when Meta rejects nearly everything', {
  judged: count(20).describe('number of recent events with a final answer from Meta to consider'),
  share: ratio(0.95).describe(
    'share of them rejected for one reason that blocks the pixel, instead of turning its events into dead letters',
  ),
});

const throttle = section('when Meta throttles a pixel', {
  defaultMs: count(60_000).describe('delay if Meta does not specify one'),
  leastMs: z
    .int()
    .min(100)
    .default(1000)
    .describe(
      'shortest delay, even if Meta asks for less, as with `retry-after: 0`; it doubles with each throttled probe, up to `worker.breaker.capMs`',
    ),
});

const blocked = section('when Meta refuses a token or permission', {
  probeMs: count(30_000).describe('how often a blocked pixel is probed'),
});

export const workerSchema = section('From the queue to Meta.', {
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
  usageFrom: count(75, 100).describe(
    "percentage of Meta's usage headers from which a pixel slows down",
  ),
  batch,
  horizonMarginMs: ms(60_000).describe(
    'how long before Meta would reject an event as too old it becomes a dead letter',
  ),
  lockMs: z
    .int()
    .default(30_000)
    .refine(
      (lockMs) => lockMs >= LEAST_LOCK_MS,
      says(
        'is so short that a busy worker loses its envelopes, which are then sent twice',
        `use at least ${LEAST_LOCK_MS}`,
      ),
    )
    .describe(
      `how long the envelopes of a silent worker wait before another worker takes them over; at least ${LEAST_LOCK_MS}, so that a busy worker has time to renew its locks`,
    ),
  gzip: flag(false).describe(
    'compress request bodies; Meta does not document that it accepts this',
  ),
  retry,
  breaker,
  rejections,
  suspects,
  throttle,
  blocked,
  stopTimeoutMs: stopTimeoutMs(),
  metricsLingerMs: metricsLingerMs(),
});
