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
    queries: [
      { expression: rate('ingestEvents', [], { outcome: 'enqueued' }), legend: 'enqueued' },
      { expression: rate('workerEvents', [], { outcome: 'delivered' }), legend: 'delivered' },
      { expression: rate('ingestEvents', [], { outcome: 'filtered' }), legend: 'filtered' },
      { expression: rate('deadLetters'), legend: 'dead' },
      { expression: rate('workerEvents', [], { outcome: 'retried' }), legend: 'retried' },
    ],
    min: 0,
  },
  whereTheyWent: {
    title: 'Where events went',
    description:
      'Events by what became of them in the time shown. What is enqueued and neither delivered nor dead waits in the queue or was there before.',
    unit: 'short',
    colours: OUTCOME_COLOURS,
    queries: [
      { expression: totalIncrease('ingestEvents'), legend: 'consumed' },
      {
        expression: totalIncrease('ingestEvents', [], { outcome: 'filtered' }),
        legend: 'filtered',
      },
      {
        expression: totalIncrease('ingestEvents', [], { outcome: 'enqueued' }),
        legend: 'enqueued',
      },
      {
        expression: totalIncrease('workerEvents', [], { outcome: 'delivered' }),
        legend: 'delivered',
      },
      { expression: totalIncrease('deadLetters'), legend: 'dead letters' },
    ],
    min: 0,
  },
  deliveredByPixel: {
    title: 'Delivered by pixel',
    description:
      'Events a second that Meta accepted, by pixel. One that falls to 0 while others go on is held back or has no traffic: open its dashboard.',
    unit: 'eps',
    queries: [
      {
        expression: rate('workerEvents', ['pixel'], { outcome: 'delivered' }),
        legend: '{{pixel}}',
      },
    ],
    min: 0,
  },
  deliveredByName: {
    title: 'Delivered by event name',
    description:
      'Events a second that Meta accepted, by their name. One that vanishes stopped at its source: ask those who send it, or look at the mapping.',
    unit: 'eps',
    queries: [{ expression: occurring('deliveredEvents', 'event_name'), legend: '{{event_name}}' }],
    min: 0,
  },
  ledger: {
    title: 'Ledger',
    description:
      'All events since the first, by state: consumed = delivered + filtered + dead + purged + queued + lost. If not, the alert on the ledger says what to do.',
    unit: 'short',
    colours: OUTCOME_COLOURS,
    queries: (
      ['consumed', 'delivered', 'filtered', 'dead', 'purged', 'queued', 'lost'] as const
    ).map((state) => ({
      expression: `sum(${ofFleet('ledgerEvents', ['pixel'], { state })})`,
      legend: state === 'dead' ? 'dead letters' : state,
    })),
    min: 0,
  },
  messages: {
    title: 'Messages read',
    description:
      'Messages a second that each process reads from Kafka. 0 in one of them: it has no partitions, is paused or is halted; see its log.',
    unit: 'mps',
    queries: [{ expression: rate('ingestMessages', ['instance']), legend: '{{instance}}' }],
    min: 0,
  },
  bytes: {
    title: 'Bytes read',
    description:
      'Bytes of messages a second, by topic. A jump without more messages: the events grew; look at what the source began to send.',
    unit: 'Bps',
    queries: [{ expression: rate('ingestBytes', ['topic']), legend: '{{topic}}' }],
    min: 0,
  },
  filtered: {
    title: 'Filtered on purpose',
    description:
      'Events a second that were left out, by reason. A jump of no_consent or integration_disabled: ask the source; of no_pixel: look at the routing.',
    unit: 'eps',
    queries: [{ expression: rate('ingestFiltered', ['reason']), legend: '{{reason}}' }],
    min: 0,
  },
  lag: {
    title: 'Kafka lag by partition',
    description:
      'Messages not read yet. All grow: more ingest processes, or Redis holds them back. One grows: its process is stuck. Unassigned: no ingest reads them. Open: a transaction is not committed.',
    unit: 'short',
    decimals: 0,
    queries: [
      {
        expression: sumOfProcesses('ingestLag', ['topic', 'partition']),
        legend: '{{topic}} {{partition}}',
      },
      {
        expression: `max by (topic) (${series('ingestUnassignedLag')})`,
        legend: '{{topic}} unassigned',
      },
      {
        expression: sumOfProcesses('ingestOpenTransactions', ['topic']),
        legend: '{{topic}} open',
      },
    ],
    min: 0,
  },
  skipped: {
    title: 'Repeated and missing messages',
    description:
      'Messages that Kafka gave again (harmless), offsets that it no longer had, and partitions of topics that were created again. Missing above 0 is loss: raise the retention of the topic.',
    unit: 'mps',
    colours: { repeated: 'blue', missing: 'red' },
    rare: true,
    queries: [
      { expression: rate('ingestRepeated'), legend: 'repeated' },
      { expression: rate('ingestMissing'), legend: 'missing' },
      { expression: rate('ingestRecreated'), legend: 'recreated partitions' },
    ],
    min: 0,
  },
  missing: {
    title: 'Lost before reading',
    description:
      'Messages that Kafka removed before ingest read them, in the time shown. Above 0 they are gone: raise the retention, lower the lag.',
    unit: 'locale',
    queries: [{ expression: totalIncrease('ingestMissing'), legend: 'lost' }],
    decimals: 0,
    limits: goodAtZero(),
  },
} satisfies Record<string, Signal>;
