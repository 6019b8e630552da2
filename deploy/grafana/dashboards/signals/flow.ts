import { OUTCOME_COLOURS } from '../colours.ts';
import { occurring, ofFleet, rate, series, sumOfProcesses, totalIncrease } from '../expressions.ts';
import { goodAtZero, type Signal } from '../signal.ts';

/** How many events go where. */
export const FLOW = {
  events: {
    title: 'Events in and out',
    description:
      'Events a second: what ingest makes of them, and what workers do with them. Delivered far below enqueued: the queue grows, and ages with it.',
    unit: 'eps',
    colours: OUTCOME_COLOURS,
    queries: {
      enqueued: rate('ingestEvents', [], { outcome: 'enqueued' }),
      delivered: rate('workerEvents', [], { outcome: 'delivered' }),
      filtered: rate('ingestEvents', [], { outcome: 'filtered' }),
      dead: rate('deadLetters'),
      retried: rate('workerEvents', [], { outcome: 'retried' }),
    },
  },
  whereTheyWent: {
    title: 'Where events went',
    description:
      'Events by what became of them in the time shown. What is enqueued and neither delivered nor dead waits in the queue or was there before.',
    unit: 'short',
    colours: OUTCOME_COLOURS,
    queries: {
      consumed: totalIncrease('ingestEvents'),
      filtered: totalIncrease('ingestEvents', [], { outcome: 'filtered' }),
      enqueued: totalIncrease('ingestEvents', [], { outcome: 'enqueued' }),
      delivered: totalIncrease('workerEvents', [], { outcome: 'delivered' }),
      'dead letters': totalIncrease('deadLetters'),
    },
  },
  deliveredByPixel: {
    title: 'Delivered by pixel',
    description:
      'Events a second that Meta accepted, by pixel. One that falls to 0 while others go on is held back or has no traffic: open its dashboard.',
    unit: 'eps',
    queries: { '{{pixel}}': rate('workerEvents', ['pixel'], { outcome: 'delivered' }) },
  },
  deliveredByName: {
    title: 'Delivered by event name',
    description:
      'Events a second that Meta accepted, by their name. One that vanishes stopped at its source: ask those who send it, or look at the mapping.',
    unit: 'eps',
    queries: { '{{event_name}}': occurring('deliveredEvents', 'event_name') },
  },
  ledger: {
    title: 'Ledger',
    description:
      'All events since the first, by state: consumed = delivered + filtered + dead + purged + queued + lost. If not, the alert on the ledger says what to do.',
    unit: 'short',
    colours: OUTCOME_COLOURS,
    queries: Object.fromEntries(
      (['consumed', 'delivered', 'filtered', 'dead', 'purged', 'queued', 'lost'] as const).map(
        (state) => [
          state === 'dead' ? 'dead letters' : state,
          `sum(${ofFleet('ledgerEvents', ['pixel'], { state })})`,
        ],
      ),
    ),
  },
  messages: {
    title: 'Messages read',
    description:
      'Messages a second that each process reads from Kafka. 0 in one of them: it has no partitions, is paused or is halted; see its log.',
    unit: 'mps',
    queries: { '{{instance}}': rate('ingestMessages', ['instance']) },
  },
  bytes: {
    title: 'Bytes read',
    description:
      'Bytes of messages a second, by topic. A jump without more messages: the events grew; look at what the source began to send.',
    unit: 'Bps',
    queries: { '{{topic}}': rate('ingestBytes', ['topic']) },
  },
  filtered: {
    title: 'Filtered on purpose',
    description:
      'Events a second that were left out, by reason. A jump of no_consent or integration_disabled: ask the source; of no_pixel: look at the routing.',
    unit: 'eps',
    queries: { '{{reason}}': rate('ingestFiltered', ['reason']) },
  },
  lag: {
    title: 'Kafka lag by partition',
    description:
      'Messages not read yet. All grow: more ingest processes, or Redis holds them back. One grows: its process is stuck. Unassigned: no ingest reads them. Open: a transaction is not committed.',
    unit: 'short',
    decimals: 0,
    queries: {
      '{{topic}} {{partition}}': sumOfProcesses('ingestLag', ['topic', 'partition']),
      '{{topic}} unassigned': `max by (topic) (${series('ingestUnassignedLag')})`,
      '{{topic}} open': sumOfProcesses('ingestOpenTransactions', ['topic']),
    },
  },
  skipped: {
    title: 'Repeated and missing messages',
    description:
      'Messages that Kafka gave again (harmless), offsets that it no longer had, and partitions of topics that were created again. Missing above 0 is loss: raise the retention of the topic.',
    unit: 'mps',
    colours: { repeated: 'blue', missing: 'red' },
    rare: true,
    queries: {
      repeated: rate('ingestRepeated'),
      missing: rate('ingestMissing'),
      'recreated partitions': rate('ingestRecreated'),
    },
  },
  missing: {
    title: 'Lost before reading',
    description:
      'Messages that Kafka removed before ingest read them, in the time shown. Above 0 they are gone: raise the retention, lower the lag.',
    unit: 'locale',
    queries: { lost: totalIncrease('ingestMissing') },
    decimals: 0,
    limits: goodAtZero(),
  },
} satisfies Record<string, Signal>;
