import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { sentJson } from '#core/record/record.ts';

/** One field as Segment's destination Facebook Conversions API (Actions) fills it by default. */
interface Fact {
  /** The Track event that triggers the mapping. */
  readonly event: string;
  readonly from: string;
  readonly value: unknown;
  readonly to: string;
  /** What it sends; a hash is written as the text before it, null is nothing. */
  readonly theirs: unknown;
  /** What is sent here, where that is something else, and why. */
  readonly ours?: unknown;
  readonly differs?: string;
  readonly source: string;
}

const FACTS = JSON.parse(
  readFileSync(join(import.meta.dirname, 'segment-actions/facts.json'), 'utf8'),
) as readonly Fact[];

const NOW = Date.parse('2026-11-20T10:00:00Z');
const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });

/** What an event needs besides the value in question; a value of its own stands in no fact's way. */
function eventOf({ event, from, value }: Fact): object {
  const whole = {
    ...{ type: 'track', event, messageId: 'm-1', timestamp: '2026-11-20T09:59:00.000Z' },
    ...(from === 'anonymousId' ? {} : { userId: 'u-1' }),
    context: {
      ...{ userAgent: 'Mozilla/5.0', page: { url: 'https://shop.example/' } },
      ...(event === 'App Opened' ? { os: { name: 'iOS', version: '17' } } : {}),
    },
    properties: {
      ...(event === 'App Opened' ? { action_source: 'app' } : {}),
      ...(event === 'Order Completed' ? { revenue: 1 } : {}),
    },
  };
  put(whole, from.split('.'), value);
  return whole;
}

function put(object: object, [first = '', ...rest]: readonly string[], value: unknown): void {
  const fields = object as Record<string, object>;
  if (rest.length === 0) fields[first] = value as object;
  else {
    fields[first] ??= {};
    put(fields[first], rest, value);
  }
}

function sentAt(fact: Fact): unknown {
  const result = map(eventOf(fact), NOW);
  if (result.outcome !== 'deliver') return result.reason;
  let value: unknown = JSON.parse(sentJson(result.event));
  for (const step of fact.to.split('.')) value = (value as Record<string, unknown>)?.[step];
  return value ?? null;
}

function written(value: unknown): unknown {
  const text = (value as { readonly sha256?: string } | null)?.sha256;
  return text === undefined ? value : createHash('sha256').update(text, 'utf8').digest('hex');
}

const same = FACTS.filter(({ differs }) => differs === undefined);
const others = FACTS.filter(({ differs }) => differs !== undefined);

describe("Segment's Actions destination", () => {
  test.each(same)('$event, $from → $to: the same is sent', (fact) => {
    expect(sentAt(fact)).toEqual(written(fact.theirs));
  });

  test.each(others)('$event, $from → $to: $differs', (fact) => {
    expect(written(fact.ours)).not.toEqual(written(fact.theirs));
    expect(sentAt(fact)).toEqual(written(fact.ours));
  });

  test('every fact has the page where it stands', () => {
    for (const { source } of FACTS) {
      expect(source).toMatch(/^https:\/\/github\.com\/segmentio\/action-destinations\/blob\//);
    }
  });
});
