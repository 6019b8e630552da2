import {
  deliveredShare,
  freshShare,
  ofFleet,
  orZero,
  series,
  sumOfProcesses,
} from '../expressions.ts';
import { betterFrom, goodAtZero, signal, worseFrom } from '../signal.ts';

/** Whether an operator must act: one number each. */
export const ATTENTION = {
  alerts: signal(
    'Alerts firing',
    "Alerts of capi-relay that fire now. Above 0: open Prometheus's page of alerts; each names its runbook. Needs the rules to be loaded there.",
    'none',
    { firing: orZero('count(ALERTS{alertname=~"Capi.+",alertstate="firing"})') },
    { limits: goodAtZero() },
  ),
  deliveredShare: signal(
    'Delivered',
    'Of the events that workers finished in the time shown, the share that Meta accepted. Below 99.9 %: the dead letters by reason show what to fix.',
    'percentunit',
    { delivered: deliveredShare() },
    { decimals: 2, max: 1, limits: betterFrom(0.99, 0.999) },
  ),
  freshShare: signal(
    'Within 5 min',
    'Share of delivered events that Meta had 5 minutes after Kafka, in the time shown. Below 99 %: look where they wait, in Kafka (lag) or in Redis (queue).',
    'percentunit',
    { fresh: freshShare() },
    { decimals: 2, max: 1, limits: betterFrom(0.95, 0.99) },
  ),
  oldestEnvelope: signal(
    'Oldest envelope',
    'Age of the oldest envelope that is not settled. Above 2 minutes: a pixel is held back, or workers are too few; the table of pixels says which.',
    's',
    { oldest: ofFleet('queueOldest') },
    { decimals: 0, limits: worseFrom(120, 900) },
  ),
  lag: signal(
    'Kafka lag',
    'Messages in Kafka that ingest has not read. Growing: ingest is too slow, held back because Redis is full, or not running.',
    'short',
    { lag: sumOfProcesses('ingestLag') },
    { decimals: 0, limits: worseFrom(100_000, 1_000_000) },
  ),
  heldBack: signal(
    'Pixels held back',
    'Pixels whose lane is not active in some worker. Throttled and failing ones recover by themselves; blocked ones wait for a new token or setting; paused ones for whoever paused them.',
    'none',
    {
      'held back': orZero(
        `count(max by (pixel) (${series('laneState', { state: ['throttled', 'blocked', 'failing', 'paused'] })}) > 0)`,
      ),
    },
    { limits: goodAtZero('orange') },
  ),
  deadHeld: signal(
    'Dead letters',
    'Events that cannot be sent. Find the cause by reason, fix it, then replay them while Meta still accepts them.',
    'locale',
    { held: `sum(${ofFleet('deadLettersHeld', ['pixel', 'reason'])})` },
    { limits: worseFrom(1, 1000) },
  ),
  ledgerGap: signal(
    'Ledger gap',
    'By how many events the ledgers are out of balance. Anything but 0: events were lost or counted twice; keep the logs and follow the runbook.',
    'locale',
    { gap: `max(abs(${ofFleet('ledgerImbalance', ['pixel'])}))` },
    { limits: goodAtZero() },
  ),
};
