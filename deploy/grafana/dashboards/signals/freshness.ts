import { FROM_GOOD_TO_BAD } from '../colours.ts';
import {
  ofFleet,
  quantile,
  quantiles,
  rate,
  series,
  shareUpTo,
  sumOfProcesses,
} from '../expressions.ts';
import { signal, worseFrom } from '../signal.ts';

const [GOOD, FAIR, POOR, BAD] = FROM_GOOD_TO_BAD;

/** The share of delivered events whose age lies between two edges, in seconds. */
function between(from: number | null, to: number | null): string {
  const upTo = (edge: number | null) =>
    edge === null ? '1' : shareUpTo(edge, 'deliveryAge', '$__rate_interval');
  return from === null ? upTo(to) : `${upTo(to)} - ${upTo(from)}`;
}

const inHours = (seconds: string): string => `${seconds} / 3600`;

/** How long events wait, and where. */
export const FRESHNESS = {
  ageQuantiles: signal(
    'Age at delivery',
    "Time from Kafka's timestamp to Meta's answer. Rising: events wait in Kafka (lag), in Redis (queue), or Meta is slow (request duration).",
    's',
    quantiles('deliveryAge', 0.5, 0.95, 0.99),
    { colours: { p50: GOOD, p95: POOR, p99: BAD } },
  ),
  ageShares: signal(
    'Share of deliveries by age',
    'What share of the events was how old when Meta accepted it. Red above 1 % breaks the promise of 99 % within 5 minutes.',
    'percentunit',
    {
      'up to 1 s': between(null, 1),
      '1 to 15 s': between(1, 15),
      '15 s to 1 min': between(15, 60),
      '1 to 5 min': between(60, 300),
      'above 5 min': between(300, null),
    },
    {
      decimals: 0,
      colours: {
        'up to 1 s': GOOD,
        '1 to 15 s': 'light-green',
        '15 s to 1 min': FAIR,
        '1 to 5 min': POOR,
        'above 5 min': BAD,
      },
      max: 1,
    },
  ),
  eventTime: signal(
    'Age of events by their own time',
    'Time from event_time to acceptance. Near 7 days Meta refuses: send older events first. Also how far back `trace` and duplicates reach, and how long Kafka keeps parked events.',
    'suffix:h',
    {
      p50: inHours(quantile(0.5, 'eventTimeAge')),
      p99: inHours(quantile(0.99, 'eventTimeAge')),
      'receipts reach back': inHours(`max(${series('receiptsReach')})`),
      'duplicates known for': inHours(`max(${series('windowReach')})`),
      'parked for': inHours(`(time() - min(${series('parkedSince')}))`),
      'Kafka keeps parked for': inHours(`(min(${series('parkedKeptUntil')}) - time())`),
    },
    { colours: { p50: GOOD, p99: BAD } },
  ),
  nearHorizon: signal(
    'Delivered near the horizon',
    'Events a second that Meta accepted more than 6 days after their event time; after 7 it refuses them. Above 0: deliver older events first, and ask why the source is late.',
    'eps',
    { '{{pixel}}': rate('nearHorizon', ['pixel']) },
    { rare: true },
  ),
  queued: signal(
    'Events in the queue',
    'Events that wait in Redis or are being sent, by pixel; parked ones stay in Kafka, as the lane is halted and its share full. One pixel grows: look at its lane. All grow: more workers.',
    'short',
    {
      '{{pixel}}': ofFleet('queueEvents', ['pixel']),
      'parked in Kafka': `sum(${ofFleet('ledgerEvents', ['pixel'], { state: 'parked' })})`,
    },
  ),
  queuedNow: signal(
    'Queued',
    'Events of the pixel that wait in Redis or are being sent. Growing while the lane is active: more workers.',
    'short',
    { queued: `sum(${ofFleet('queueEvents', ['pixel'])})` },
    { decimals: 0 },
  ),
  envelopes: signal(
    'Envelopes by state',
    'Envelopes in the queue. Many delayed: attempts fail and wait for the next. Any failed: they could not be opened; look for a missing sealing key.',
    'short',
    { '{{state}}': `sum by (state) (${ofFleet('queueEnvelopes', ['pixel', 'state'])})` },
    {
      decimals: 0,
      colours: { waiting: 'blue', active: 'green', delayed: 'yellow', failed: 'red' },
    },
  ),
  lastMessage: signal(
    'Newest message read',
    'Time since the Kafka timestamp of the newest message read, by topic. Rising with lag above 0: ingest is halted; without lag: no events arrive.',
    's',
    { '{{topic}}': `time() - max by (topic) (${series('ingestLastMessage')})` },
    { decimals: 0 },
  ),
  lastDelivery: signal(
    'Last delivery',
    'Time since Meta last accepted events of the pixel. Long while events are queued: look at its lane and at the codes of the answers.',
    's',
    { ago: `time() - max(${series('workerLastDelivery')})` },
    { decimals: 0, limits: worseFrom(300, 1800) },
  ),
  ageP99: signal(
    'Age p99',
    "Time from Kafka to Meta's answer that 99 in 100 events stay below. Above 5 minutes: see where they wait, in Kafka or in the queue.",
    's',
    { p99: quantile(0.99, 'deliveryAge') },
    { decimals: 1, limits: worseFrom(60, 300) },
  ),
  inFlight: signal(
    'Requests in flight',
    'Requests that wait for an answer, by process. At its limit all the time: Meta is slow, or the limit of concurrency is too low.',
    'none',
    { '{{instance}}': sumOfProcesses('workerInFlight', ['instance']) },
    { decimals: 0 },
  ),
};
