import { hash } from 'node:crypto';

/** 2026-11-20T10:00:00Z in Unix seconds: the moment at which the rules are tested. */
export const NOW = 1_795_168_800;

export const HASH = hash('sha256', 'test');

export type Changes = Record<string, unknown>;

/** A server event that breaks no rule, with some top-level keys replaced; undefined removes one. */
export function sampleEvent(changes: Changes = {}): Changes {
  return without({
    event_name: 'ViewContent',
    event_time: NOW - 60,
    event_id: 'event-1',
    action_source: 'website',
    event_source_url: 'https://shop.example/product/1',
    user_data: { em: HASH, client_ip_address: '203.0.113.7', client_user_agent: 'Mozilla/5.0' },
    custom_data: { value: 12.5, currency: 'EUR', contents: [{ id: 'sku-1', quantity: 1 }] },
    ...changes,
  });
}

/** The same with fields of `user_data` replaced. */
export function withUserData(changes: Changes): Changes {
  const event = sampleEvent();
  return { ...event, user_data: without({ ...(event['user_data'] as Changes), ...changes }) };
}

/** The same with fields of `custom_data` replaced. */
export function withCustomData(changes: Changes): Changes {
  const event = sampleEvent();
  return { ...event, custom_data: without({ ...(event['custom_data'] as Changes), ...changes }) };
}

/** A body of valid events with ids of their own. */
export function sampleBody(count: number, changes: Changes = {}): { data: Changes[] } {
  return {
    data: Array.from({ length: count }, (_, at) => sampleEvent({ event_id: `e${at}`, ...changes })),
  };
}

function without(fields: Changes): Changes {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
