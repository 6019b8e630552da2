import { inQuery, inTarget, type Mutation } from './spoiling.ts';

const CODES = 'Requests by answer';
const QUEUE = 'Events in the queue';
const CHOSEN = 'job=~"$job",instance=~"$instance",pixel=~"$pixel"';
const REQUESTS = `capi_worker_requests_total{${CHOSEN}}`;
const QUEUED = `capi_queue_events{${CHOSEN}}`;
const RATE = '[$__rate_interval]';

/** Mistakes in the queries of the overview and in their legends. */
export const QUERY_MISTAKES: readonly Mutation[] = [
  ['a renamed metric', inQuery(CODES, 'requests_total', 'calls_total'), 'there is no metric'],
  ['a wrong label', inQuery(CODES, 'by (code)', 'by (status)'), 'groups by "status"'],
  ['a wrong label in a matcher', inQuery(CODES, 'pixel=~', 'pixels=~'), 'no label "pixels"'],
  ['a value of no label', inQuery('Events in and out', '"enqueued"', '"in"'), 'no outcome "in"'],
  ['a counter without rate', inQuery(CODES, `rate(${REQUESTS}${RATE})`, REQUESTS), 'needs rate'],
  ['a rate of a gauge', inQuery(QUEUE, QUEUED, `rate(${QUEUED}${RATE})`), 'not for rate'],
  ['a hard-coded range', inQuery(CODES, RATE, '[5m]'), 'its range 5m is the same'],
  [
    'an exact edge',
    inQuery('Share of deliveries by age', 'le=~"1(\\\\.0)?"', 'le="1"'),
    'match both',
  ],
  ['a quantile without edges', inQuery('Duration of requests', '(le)', '(pixel)'), 'the label le'],
  ['a query that cannot be read', inQuery(CODES, '))', ')'), 'cannot be read'],
  ['the chosen pixel ignored', inQuery(CODES, ',pixel=~"$pixel"', ''), 'the chosen pixel'],
  [
    'the chosen job ignored',
    inQuery('Kafka lag by partition', 'job=~"$job",', ''),
    'the chosen job',
  ],
  [
    'a table without its rows',
    inTarget('Pixels', { expr: `max(capi_pixel_info{${CHOSEN}})` }),
    'for the rows of the table',
  ],
  ['a legend of no label', inTarget(CODES, { legendFormat: '{{status}}' }), 'names "status"'],
  ['a legend that tells nothing apart', inTarget(CODES, { legendFormat: 'all' }), 'hides "code"'],
  ['no legend', inTarget(CODES, { legendFormat: '' }), 'has no legend'],
  [
    'a total at each moment',
    inTarget('Filtered share', { instant: false }),
    'at each moment of it',
  ],
];
