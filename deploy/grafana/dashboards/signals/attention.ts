import { deliveredShare, freshShare, ofFleet, orZero, recorded, series } from '../expressions.ts';
import { betterFrom, column, goodAtZero, signal, type TableSignal, worseFrom } from '../signal.ts';

function firing(severity: 'critical' | 'warning'): string {
  return orZero(`count(ALERTS{alertname=~"Capi.+",alertstate="firing",severity="${severity}"})`);
}

/** Alerts that fire, the longest first. Prometheus keeps since when each has been pending or firing. */
export const ALERT_TABLE: TableSignal = {
  title: 'Alerts',
  description:
    'Every alert of capi-relay that fires, and since when its condition holds. The runbook of its name says what it means and what to do.',
  row: { label: 'alertname', title: 'Alert', width: 320 },
  also: { severity: 'Severity', pixel: 'Pixel', topic: 'Topic', instance: 'Process' },
  sortBy: 'Since',
  noValue: 'No alert fires.',
  columns: [
    column(
      'Since',
      's',
      'max by (alertname, severity, pixel, topic, instance) (time() - (ALERTS_FOR_STATE{alertname=~"Capi.+"} and ignoring (alertstate) ALERTS{alertname=~"Capi.+",alertstate="firing"}))',
      { decimals: 0 },
    ),
  ],
};

/** Whether an operator must act: one number each. */
export const ATTENTION = {
  critical: signal(
    'Act now',
    'Critical alerts that fire. Above 0: the table of alerts says which; each has a runbook of its name. Needs the rules to be loaded in Prometheus.',
    'none',
    { critical: firing('critical') },
    { alert: 'critical', limits: goodAtZero() },
  ),
  warning: signal(
    'Act soon',
    'Warnings that fire: for the next working hours. The table of alerts says which; each has a runbook of its name. Needs the rules to be loaded in Prometheus.',
    'none',
    { warning: firing('warning') },
    { alert: 'warning', limits: goodAtZero('orange') },
  ),
  deliveryBudget: signal(
    'Failure budget',
    'Of the 0.1 % of events that may fail in 30 days, the share that is left to the pixel with the least. Below 0 the objective is missed; alerts fire while it is spent too fast.',
    'percentunit',
    { left: `min(${recorded('pixel:capi_delivery_budget:left30d')})` },
    { decimals: 0, noValue: 'Needs the recording rules' },
  ),
  freshnessBudget: signal(
    'Lateness budget',
    'Of the 1 % of deliveries that may take over 5 minutes in 30 days, the share that is left to the pixel with the least. Below 0 the objective is missed.',
    'percentunit',
    { left: `min(${recorded('pixel:capi_freshness_budget:left30d')})` },
    { decimals: 0, noValue: 'Needs the recording rules' },
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
  blocked: signal(
    'Blocked pixels',
    'Pixels to which nothing is sent until a person gives them a new token, permission or setting. Throttled and failing lanes recover by themselves: the table of pixels shows them.',
    'none',
    { blocked: orZero(`count(max by (pixel) (${series('laneState', { state: 'blocked' })}) > 0)`) },
    { alert: 'CapiLaneBlocked', limits: goodAtZero() },
  ),
  deadHeld: signal(
    'Dead letters',
    'Events that cannot be sent. Find the cause by reason, fix it, then replay them while Meta still accepts them.',
    'locale',
    { held: `sum(${ofFleet('deadLettersHeld', ['pixel', 'reason'])})` },
  ),
  ledgerGap: signal(
    'Ledger gap',
    'By how many events the ledgers are out of balance. Anything but 0: events were lost or counted twice; keep the logs and follow the runbook.',
    'locale',
    { gap: `max(abs(${ofFleet('ledgerImbalance', ['pixel'])}))` },
    { alert: 'CapiLedgerImbalance', limits: goodAtZero() },
  ),
};
