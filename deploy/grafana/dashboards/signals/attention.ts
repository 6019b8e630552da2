import {
  deliveredShare,
  ofFleet,
  orZero,
  series,
  shareUpTo,
  sumOfProcesses,
} from '../expressions.ts';
import { betterFrom, goodAtZero, type Signal, worseFrom } from '../signal.ts';

/** Whether an operator must act: one number each. */
export const ATTENTION = {
  alerts: {
    title: 'Alerts firing',
    description:
      "Alerts of capi-relay that fire now. Above 0: open Prometheus's page of alerts; each names its runbook. Needs the rules to be loaded there.",
    unit: 'none',
    queries: { firing: orZero('count(ALERTS{alertname=~"Capi.+",alertstate="firing"})') },
    limits: goodAtZero(),
  },
  deliveredShare: {
    title: 'Delivered',
    description:
      'Of the events that workers finished in the time shown, the share that Meta accepted. Below 99.9 %: the dead letters by reason show what to fix.',
    unit: 'percentunit',
    decimals: 2,
    max: 1,
    queries: { delivered: deliveredShare() },
    limits: betterFrom(0.99, 0.999),
  },
  freshShare: {
    title: 'Within 5 min',
    description:
      'Share of delivered events that Meta had 5 minutes after Kafka, in the time shown. Below 99 %: look where they wait, in Kafka (lag) or in Redis (queue).',
    unit: 'percentunit',
    decimals: 2,
    max: 1,
    queries: { fresh: shareUpTo(300, 'deliveryAge', '$__range') },
    limits: betterFrom(0.95, 0.99),
  },
  oldestEnvelope: {
    title: 'Oldest envelope',
    description:
      'Age of the oldest envelope that is not settled. Above 2 minutes: a pixel is held back, or workers are too few; the table of pixels says which.',
    unit: 's',
    decimals: 0,
    queries: { oldest: ofFleet('queueOldest') },
    limits: worseFrom(120, 900),
  },
  lag: {
    title: 'Kafka lag',
    description:
      'Messages in Kafka that ingest has not read. Growing: ingest is too slow, held back because Redis is full, or not running.',
    unit: 'short',
    decimals: 0,
    queries: { lag: sumOfProcesses('ingestLag') },
    limits: worseFrom(100_000, 1_000_000),
  },
  heldBack: {
    title: 'Pixels held back',
    description:
      'Pixels whose lane is not active in some worker. Throttled and failing ones recover by themselves; blocked ones wait for a new token or setting.',
    unit: 'none',
    queries: {
      'held back': orZero(
        `count(max by (pixel) (${series('laneState', { state: ['throttled', 'blocked', 'failing'] })}) > 0)`,
      ),
    },
    limits: goodAtZero('orange'),
  },
  deadHeld: {
    title: 'Dead letters',
    description:
      'Events that cannot be sent. Find the cause by reason, fix it, then replay them while Meta still accepts them.',
    unit: 'locale',
    queries: { held: `sum(${ofFleet('deadLettersHeld', ['pixel', 'reason'])})` },
    limits: worseFrom(1, 1000),
  },
  ledgerGap: {
    title: 'Ledger gap',
    description:
      'By how many events the ledgers are out of balance. Anything but 0: events were lost or counted twice; keep the logs and follow the runbook.',
    unit: 'locale',
    queries: { gap: `max(abs(${ofFleet('ledgerImbalance', ['pixel'])}))` },
    limits: goodAtZero(),
  },
} satisfies Record<string, Signal>;
