import { OUTCOME_COLOURS } from '../colours.ts';
import { occurring, ofFleet, rate, series, sumOfProcesses, totalIncrease } from '../expressions.ts';
import { signal } from '../signal.ts';

/** How many events go where. */
export const FLOW = {
  events: signal(
    'Events in and out',
    'Events a second: what ingest makes of them, and what workers do with them. Delivered far below enqueued: the queue grows, and ages with it.',
    'eps',
    {
      enqueued: rate('ingestEvents', [], { outcome: 'enqueued' }),
      delivered: rate('workerEvents', [], { outcome: 'delivered' }),
      filtered: rate('ingestEvents', [], { outcome: 'filtered' }),
      dead: rate('deadLetters'),
      retried: rate('workerEvents', [], { outcome: 'retried' }),
    },
    { colours: OUTCOME_COLOURS },
  ),
  whereTheyWent: signal(
    'Where events went',
    'Events by what became of them in the time shown. What is enqueued and neither delivered nor dead waits in the queue or was there before.',
    'short',
    {
      consumed: totalIncrease('ingestEvents'),
      filtered: totalIncrease('ingestEvents', [], { outcome: 'filtered' }),
      enqueued: totalIncrease('ingestEvents', [], { outcome: 'enqueued' }),
      delivered: totalIncrease('workerEvents', [], { outcome: 'delivered' }),
      'dead letters': totalIncrease('deadLetters'),
    },
    { colours: OUTCOME_COLOURS },
  ),
  deliveredByPixel: signal(
    'Delivered by pixel',
    'Events a second that Meta accepted, by pixel. One that falls to 0 while others go on is held back or has no traffic: open its dashboard.',
    'eps',
    { '{{pixel}}': rate('workerEvents', ['pixel'], { outcome: 'delivered' }) },
  ),
  deliveredByName: signal(
    'Delivered by event name',
    'Events a second that Meta accepted, by their name. One that vanishes stopped at its source: ask those who send it, or look at the mapping.',
    'eps',
    { '{{event_name}}': occurring('deliveredEvents', 'event_name') },
  ),
  ledger: signal(
    'Ledger',
    'All events since the first, by state: consumed = delivered + filtered + dead + purged + queued + lost + parked. If not, the alert on the ledger says what to do.',
    'short',
    Object.fromEntries(
      (
        ['consumed', 'delivered', 'filtered', 'dead', 'purged', 'queued', 'lost', 'parked'] as const
      ).map((state) => [
        state === 'dead' ? 'dead letters' : state,
        `sum(${ofFleet('ledgerEvents', ['pixel'], { state })})`,
      ]),
    ),
    { colours: OUTCOME_COLOURS },
  ),
  messages: signal(
    'Messages read',
    'Messages a second that each process reads from Kafka. 0 in one of them: it has no partitions, is paused or is halted; see its log.',
    'mps',
    { '{{instance}}': rate('ingestMessages', ['instance']) },
  ),
  bytes: signal(
    'Bytes read',
    'Bytes of messages a second, by topic. A jump without more messages: the events grew; look at what the source began to send.',
    'Bps',
    { '{{topic}}': rate('ingestBytes', ['topic']) },
  ),
  filtered: signal(
    'Filtered on purpose',
    'Events a second that were left out, by reason, beside all events. A jump of no_consent or integration_disabled: ask the source; of no_pixel or denied: look at events of the pixels.',
    'eps',
    { '{{reason}}': rate('ingestFiltered', ['reason']), 'all events': rate('ingestEvents') },
  ),
  filteredShare: signal(
    'Filtered share',
    'Of the events in the time shown, the share that was left out on purpose. An alert fires when it leaves its own past; the reasons are among what keeps events from Meta.',
    'percentunit',
    {
      filtered: `${totalIncrease('ingestEvents', [], { outcome: 'filtered' })} / ${totalIncrease('ingestEvents')}`,
    },
    { decimals: 1 },
  ),
  lag: signal(
    'Kafka lag by partition',
    'Messages not read yet. All grow: more ingest processes, or Redis holds them back. One grows: its process is stuck. Unassigned: no ingest reads them. Open: a transaction is not committed.',
    'short',
    {
      '{{topic}} {{partition}}': sumOfProcesses('ingestLag', ['topic', 'partition']),
      '{{topic}} unassigned': `max by (topic) (${series('ingestUnassignedLag')})`,
      '{{topic}} open': sumOfProcesses('ingestOpenTransactions', ['topic']),
    },
    { decimals: 0 },
  ),
  skipped: signal(
    'Repeated and missing messages',
    'Messages that Kafka gave again or that were parked (harmless), offsets that it no longer had, partitions of recreated topics. Missing or lost above 0: raise the retention of the topic.',
    'mps',
    {
      repeated: rate('ingestRepeated'),
      parked: rate('parkedRead'),
      missing: rate('ingestMissing'),
      'parked and lost': rate('parkedLost'),
      'recreated partitions': rate('ingestRecreated'),
    },
    { colours: { repeated: 'blue', missing: 'red' }, rare: true },
  ),
  missing: signal(
    'Lost before reading',
    'Messages that Kafka removed before ingest read them, in the time shown. Above 0 they are gone: raise the retention, lower the lag.',
    'locale',
    { lost: totalIncrease('ingestMissing') },
    { decimals: 0 },
  ),
};
