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
import { type Signal, signal } from '../signal.ts';

/** States of a lane from the best to the worst, with their colours. */
const LANE_COLOURS = {
  active: 'green',
  throttled: 'orange',
  failing: 'dark-orange',
  blocked: 'dark-red',
  paused: 'dark-blue',
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
  codes: signal(
    'Requests by answer',
    'Requests a second by HTTP status. 400: dead letters follow. 401, 403: fix the token. 429: Meta throttles. 5xx, timeout, network: they are retried.',
    'reqps',
    { '{{code}}': occurring('workerRequests', 'code') },
    { colours: CODE_COLOURS },
  ),
  outcomes: signal(
    'Requests by outcome',
    'What the worker does after an answer. retry and throttled pass; blocked waits for a person; rejected batches are taken apart. stable, canary: by version; shadow: copies.',
    'reqps',
    {
      '{{outcome}}': rate('workerOutcomes', ['outcome']),
      '{{role}} {{outcome}}': rate('canaryRequests', ['role', 'outcome']),
      'shadow {{outcome}}': rate('shadowRequests', ['outcome']),
    },
    { colours: OUTCOME_COLOURS },
  ),
  duration: signal(
    'Duration of requests',
    "Time to Meta's answer; most take under 0.6 s. Rising with the batch size: normal. Rising alone: Meta or the network is slow.",
    's',
    quantiles('workerRequestDuration', 0.5, 0.95, 0.99),
    { colours: { p50: 'green', p95: 'orange', p99: 'red' } },
  ),
  batchEvents: signal(
    'Events a batch',
    'Mean size of the batches sent, at most 1,000. Small while the queue is deep: look at what releases them, and at the linger time.',
    'none',
    { '{{pixel}}': mean('workerBatchEvents', ['pixel']) },
    { decimals: 0 },
  ),
  batchTriggers: signal(
    'What releases batches',
    'Batches a second by what released them: full (count, bytes), waited long enough (linger), or the end of the process (stop).',
    'cps',
    { '{{trigger}}': rate('workerBatches', ['trigger']) },
    { colours: TRIGGER_COLOURS },
  ),
  lane: signal(
    'Lane',
    'active: sends. throttled: waits as Meta asks. failing: Meta answers with errors and is probed. blocked: fix the token or setting. paused: a person has to resume it.',
    'none',
    { lane: worstLaneState() },
    { words: LANE_WORDS },
  ),
  lanes: signal(
    'Workers by state of the lane',
    'In how many workers the lanes are in each state. blocked for long: the token is not fixed yet. throttled often: ask Meta for a higher limit. paused: by a person.',
    'none',
    { '{{state}}': sumOfProcesses('laneState', ['state']) },
    { decimals: 0, colours: LANE_COLOURS },
  ),
  halts: signal(
    'Halted lanes',
    'Halts of lanes per second. throttled: passes. failing: Meta answers with errors; probed until it recovers. blocked: fix the token. paused: by a person.',
    'cps',
    { '{{state}}': rate('laneHalts', ['state']) },
    { colours: LANE_COLOURS, rare: true },
  ),
  usage: signal(
    "Use of Meta's limits",
    "Used share of a pixel's rate limit, as Meta's last answer told it. Near 1 requests grow fewer and farther apart; for long: ask Meta for more.",
    'percentunit',
    { '{{pixel}}': ofFleet('rateLimitUsage', ['pixel']) },
    { decimals: 0 },
  ),
  atOnce: signal(
    'Requests at once',
    'Requests under way, and how many may be: the limit falls when Meta answers badly and rises again. Low for long: look at the answers.',
    'none',
    { 'under way': sumOfProcesses('workerInFlight'), limit: sumOfProcesses('laneLimit') },
    { decimals: 0, colours: { 'under way': 'blue', limit: 'text' } },
  ),
  unknownAnswers: signal(
    'Events of unknown answer',
    'Events of requests that never got an answer: sent again, with the same event_id, so that Meta can tell. Many: look at timeouts and the network.',
    'eps',
    { '{{pixel}}': rate('workerUnknown', ['pixel']) },
    { rare: true },
  ),
  answerWarnings: signal(
    "Warnings in Meta's answers",
    'Entries in the messages of successful answers, a second. Above 0: preview an event of the pixel, and look at it in the Events Manager.',
    'cps',
    { '{{pixel}}': rate('workerAnswerWarnings', ['pixel']) },
  ),
  unreadable: signal(
    'Tries to open in vain',
    'Attempts a second to open an envelope that failed. Above 0: a sealing key is missing in the configuration of the workers; nothing is lost.',
    'cps',
    { '{{pixel}}': rate('workerUnreadable', ['pixel']) },
    { rare: true },
  ),
};
