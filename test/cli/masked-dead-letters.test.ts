import { describe, expect, test } from '@jest/globals';
import { renderDetails } from '#cli/dead-letters/details.ts';
import { eventPage } from '#control/pages/event.ts';
import { eventsPage } from '#control/pages/events.ts';
import { writeMessage } from '#core/event/kafka-message.ts';
import { NO_NAMES } from '#core/pixel-names.ts';
import { writeRecord } from '#core/record/record.ts';
import { differencesOf } from '#store/dead-letters/edit.ts';
import {
  contentOf,
  mask,
  maskedDifferences,
  maskServerEvent,
  shownFacts,
} from '#store/dead-letters/masking.ts';
import { facts, NOW } from '#test/control/facts.ts';
import { HOSTILE_VALUES } from '#test/support/hostile-values.ts';

const GOODS =
  `currency revenue net_revenue value total subtotal price item_price quantity discount tax
  shipping position product_id productId sku category brand variant coupon order_id orderId status
  content_ids content_type content_name content_category num_items delivery_category predicted_ltv
  action_source actionSource id name`.split(/\s+/);
const OF_EVENT = `type event messageId timestamp originalTimestamp sentAt receivedAt channel version
  event_name event_time event_id action_source opt_out data_processing_options
  data_processing_options_country data_processing_options_state userId anonymousId`.split(/\s+/);

const each = (names: readonly string[], value: unknown) =>
  Object.fromEntries(names.map((name) => [name, value]));

/** An event that has the value wherever a value may be. */
function planted(value: unknown): Record<string, unknown> {
  const goods = {
    ...each(GOODS, value),
    products: [each(GOODS, value)],
    contents: [value, [value]],
  };
  return {
    ...each(OF_EVENT, value),
    properties: { ...goods, nested: { list: [value, { [String(value)]: value }] } },
    custom_data: goods,
    context: {
      traits: each(['email', 'phone', 'firstName'], value),
      ip: value,
      page: { url: value },
    },
    user_data: each(['em', 'ph', 'client_ip_address'], value),
  };
}

/** The digits of a value alone, where they are enough to identify someone. */
function digitsOf(value: string): string[] {
  const digits = value.replace(/\D/g, '');
  return digits.length >= 7 ? [digits] : [];
}

function expectNothingOf(value: string, shown: string): void {
  expect(shown.toLowerCase()).not.toContain(value.toLowerCase());
  for (const digits of digitsOf(value)) expect(shown).not.toContain(digits);
}

describe.each(HOSTILE_VALUES)('%s, planted in every place', (value) => {
  test('is in nothing that is shown of an event', () => {
    const event = planted(value);
    expectNothingOf(value, JSON.stringify([mask(event), maskServerEvent(event)]));
    const differences = maskedDifferences('message', differencesOf(event, {}));
    expectNothingOf(value, JSON.stringify(differences));
    const edits = differencesOf({ clear: event, personal: { em: value } }, {});
    expectNothingOf(value, JSON.stringify(maskedDifferences('record', edits)));
  });

  test('is neither as a number', () => {
    const digits = Number(value.replace(/\D/g, '').slice(0, 15));
    if (digits < 1_000_000) return;
    expect(JSON.stringify(mask(planted(digits)))).not.toContain(String(digits));
  });

  test('is in no page and no story, be it in the facts', () => {
    const quoted = `Invalid parameter: "${value}" is no coupon`;
    const refusal = { ...facts().refusal, message: quoted } as NonNullable<
      ReturnType<typeof facts>['refusal']
    >;
    const letter = shownFacts(facts({ eventName: value, eventId: value, refusal }));
    const message = writeMessage({
      key: null,
      value: Buffer.from(JSON.stringify(planted(value))),
      headers: {},
    });
    const content = contentOf({ facts: { ...letter, holds: 'message' }, content: message }, false);
    const visit = { now: NOW, mayAct: true, names: NO_NAMES };
    const list = {
      letters: [letter],
      cursor: null,
      next: null,
      ofNewest: null,
      unreadable: [],
      order: 'newest' as const,
    };
    expectNothingOf(
      value,
      [
        renderDetails(letter, content, NOW),
        JSON.stringify(eventPage(letter, { content, previews: [] }, visit)),
        JSON.stringify(eventsPage(list, { where: '', problem: null }, visit)),
        JSON.stringify(letter),
      ].join(),
    );
  });
});

test('what is harmless is shown', () => {
  const event = {
    type: 'track',
    event: 'Order Completed',
    messageId: 'a3c1b7d2-9f4e-4c1a-8b6d-2f0e9c7a5b31',
    timestamp: '2026-11-20T10:00:00.000Z',
    properties: { currency: 'EUR', revenue: 12.5, total: '19.99', products: [{ quantity: 2 }] },
    context: { library: { old: false } },
  };
  expect(mask(event)).toEqual(event);
  const line = writeRecord(
    {
      plain: {
        event_name: 'Purchase',
        event_time: 1_763_632_800,
        action_source: 'website',
        user_data: {},
        custom_data: { currency: 'EUR', value: 12.5, content_type: 'product' },
      },
      personal: { em: 'jane@example.com' },
    },
    { offset: 1, timestamp: 2 },
    0,
  );
  const record = { facts: facts({ holds: 'record' }), content: Buffer.from(line) };
  expect(contentOf(record, false)).toMatchObject({
    content: {
      event_name: 'Purchase',
      event_time: '2025-11-20T10:00:00.000Z',
      action_source: 'website',
      custom_data: { currency: 'EUR', value: 12.5, content_type: 'product' },
      user_data: { em: '[text of 16]' },
    },
  });
  expect(contentOf(record, true)).toMatchObject({ content: { event_time: 1_763_632_800 } });
});
