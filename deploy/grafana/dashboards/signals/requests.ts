import { CODE_COLOURS, OUTCOME_COLOURS, TRIGGER_COLOURS } from '../colours.ts';
import {
  mean,
  occurring,
  ofFleet,
  quantiles,
  rate,
  series,
  sumOfProcesses,
} from '../expressions.ts';
import type { Signal } from '../signal.ts';

/** States of a lane from the best to the worst, with their colours. */
const LANE_COLOURS = {
  active: 'green',
  throttled: 'orange',
  failing: 'red',
  blocked: 'dark-red',
} as const;

/** What the numbers of `lanes` mean. */
export const LANE_WORDS: NonNullable<Signal['words']> = Object.fromEntries(
  Object.entries(LANE_COLOURS).map(([text, colour], index) => [index, { text, colour }]),
);

/** The worst state that the lane of a pixel is in, in any worker, as a number: 0 is active. */
export function worstLaneState(by: readonly 'pixel'[] = []): string {
  const states = Object.keys(LANE_COLOURS).map(
    (state, index) => `${series('laneState', { state })} * ${index}`,
  );
  return `max${by.length > 0 ? ` by (${by.join(', ')}) ` : ''}(${states.join(' or ')})`;
}

/** What Meta's Conversions API says, and how fast. */
export const REQUESTS = {
  codes: {
    title: 'Requests by answer',
    description:
      'Requests a second by HTTP status. 400: dead letters follow. 401, 403: fix the token. 429: Meta throttles. 5xx, timeout, network: they are retried.',
    unit: 'reqps',
    colours: CODE_COLOURS,
    queries: { '{{code}}': occurring('workerRequests', 'code') },
  },
  outcomes: {
    title: 'Requests by outcome',
    description:
      'What the worker does after an answer. retry and throttled pass; blocked waits for a person; rejected batches are taken apart.',
    unit: 'reqps',
    colours: OUTCOME_COLOURS,
    queries: { '{{outcome}}': rate('workerOutcomes', ['outcome']) },
  },
  duration: {
    title: 'Duration of requests',
    description:
      "Time to Meta's answer; most take under 0.6 s. Rising with the batch size: normal. Rising alone: Meta or the network is slow.",
    unit: 's',
    colours: { p50: 'green', p95: 'orange', p99: 'red' },
    queries: quantiles('workerRequestDuration', 0.5, 0.95, 0.99),
  },
  batchEvents: {
    title: 'Events a batch',
    description:
      'Mean size of the batches sent, at most 1,000. Small while the queue is deep: look at what releases them, and at the linger time.',
    unit: 'none',
    decimals: 0,
    queries: { '{{pixel}}': mean('workerBatchEvents', ['pixel']) },
  },
  batchTriggers: {
    title: 'What releases batches',
    description:
      'Batches a second by what released them: full (count, bytes), waited long enough (linger), or the end of the process (stop).',
    unit: 'cps',
    colours: TRIGGER_COLOURS,
    queries: { '{{trigger}}': rate('workerBatches', ['trigger']) },
  },
  lane: {
    title: 'Lane',
    description:
      'active: sends. throttled: waits as Meta asks. failing: Meta answers with errors and is probed. blocked: fix the token or setting to resume.',
    unit: 'none',
    queries: { lane: worstLaneState() },
    words: LANE_WORDS,
  },
  lanes: {
    title: 'Workers by state of the lane',
    description:
      'In how many workers the lanes are in each state. blocked for long: the token is not fixed yet. throttled often: ask Meta for a higher limit.',
    unit: 'none',
    decimals: 0,
    colours: LANE_COLOURS,
    queries: { '{{state}}': sumOfProcesses('laneState', ['state']) },
  },
  halts: {
    title: 'Halted lanes',
    description:
      'Halts of lanes per second. throttled: passes. failing: Meta answers with errors; probed until it recovers. blocked: fix the token.',
    unit: 'cps',
    colours: LANE_COLOURS,
    rare: true,
    queries: { '{{state}}': rate('laneHalts', ['state']) },
  },
  usage: {
    title: "Use of Meta's limits",
    description:
      "Used share of a pixel's rate limit, as Meta's last answer told it. Near 1 requests grow fewer and farther apart; for long: ask Meta for more.",
    unit: 'percentunit',
    decimals: 0,
    queries: { '{{pixel}}': ofFleet('rateLimitUsage', ['pixel']) },
  },
  atOnce: {
    title: 'Requests at once',
    description:
      'Requests under way, and how many may be: the limit falls when Meta answers badly and rises again. Low for long: look at the answers.',
    unit: 'none',
    decimals: 0,
    colours: { 'under way': 'blue', limit: 'text' },
    queries: { 'under way': sumOfProcesses('workerInFlight'), limit: sumOfProcesses('laneLimit') },
  },
  unknownAnswers: {
    title: 'Events of unknown answer',
    description:
      'Events of requests that never got an answer: sent again, with the same event_id, so that Meta can tell. Many: look at timeouts and the network.',
    unit: 'eps',
    rare: true,
    queries: { '{{pixel}}': rate('workerUnknown', ['pixel']) },
  },
  answerWarnings: {
    title: "Warnings in Meta's answers",
    description:
      'Entries in the messages of successful answers, a second. Above 0: preview an event of the pixel, and look at it in the Events Manager.',
    unit: 'cps',
    queries: { '{{pixel}}': rate('workerAnswerWarnings', ['pixel']) },
  },
  unreadable: {
    title: 'Tries to open in vain',
    description:
      'Attempts a second to open an envelope that failed. Above 0: a sealing key is missing in the configuration of the workers; nothing is lost.',
    unit: 'cps',
    queries: { '{{pixel}}': rate('workerUnreadable', ['pixel']) },
    rare: true,
  },
} satisfies Record<string, Signal>;
