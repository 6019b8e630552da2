import { ofFleet } from '../expressions.ts';
import { goodAtZero, type Signal } from '../signal.ts';

/** How long dead letters can still be brought back. */
export const EXPIRY = {
  soon: {
    title: 'Lost in 24 h',
    description:
      'Dead letters that Meta accepts for less than 24 hours more. Above 0: fix their cause and replay them today, the oldest first.',
    unit: 'locale',
    decimals: 0,
    queries: [
      {
        expression: `sum(${ofFleet('deadLettersExpiring', ['pixel'], { within: '24h' })})`,
        legend: 'soon',
      },
    ],
    limits: goodAtZero(),
  },
} satisfies Record<string, Signal>;
