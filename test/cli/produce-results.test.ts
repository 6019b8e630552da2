import { expect, test } from '@jest/globals';
import { BAD_KINDS, type BadKindName } from '#cli/produce/bad-kinds.ts';
import { type GeneratedMessage, generateMessages } from '#cli/produce/generator.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { asObject } from '#core/event/track-event.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { sentJson } from '#core/record/record.ts';
import { validateRequest as judgeAsMeta } from '#sandbox/validator/validate.ts';
import { TRACK_EVENT_TIME, trackEvent } from '#test/support/track-event.ts';

const START = Date.parse('2026-11-23T10:00:00.000Z');
const MOST_BYTES = 1_048_576;

const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });

/** As a reader of the topic judges a message: `deliver`, or the reason why not. */
function judge(value: Buffer): string {
  if (value.length > MOST_BYTES) return 'too_large';
  const event = parse(value);
  if (asObject(event) === null) return 'invalid_event';
  const result = map(event, START);
  return result.outcome === 'deliver' ? 'deliver' : result.reason;
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
}

function expected({ kind }: GeneratedMessage): string {
  return kind === 'good' ? 'deliver' : BAD_KINDS[kind].expect;
}

function generate(badShare: number) {
  const sources = ['shop-eu', 'shop-us', 'shop-jp'];
  return generateMessages({ seed: 'results', startMs: START, sources, badShare });
}

test('every message is judged as it was made: good ones delivered, bad ones for their reason', () => {
  const generator = generate(0.2);
  const surprises = generator
    .take(20_000)
    .filter((message) => judge(message.value) !== expected(message))
    .map(({ kind, value }) => ({
      kind,
      result: judge(value),
      value: value.toString('utf8', 0, 2_000),
    }));
  expect(surprises).toEqual([]);
  for (const kind of Object.keys(BAD_KINDS) as BadKindName[]) {
    expect(generator.counts.kinds[kind]).toBeGreaterThan(0);
  }
});

test('what good events become is accepted as strictly as Meta judges', () => {
  const options = { now: START / 1000, requireWebsiteContext: false, allowPersonalData: false };
  const data = generate(0)
    .take(1_000)
    .map(({ value }) => map(parse(value), START))
    .map((result) => (result.outcome === 'deliver' ? JSON.parse(sentJson(result.event)) : result));
  expect(judgeAsMeta({ data }, options)).toMatchObject({ accepted: true });
});

test('the complete event of the tests is delivered without a warning', () => {
  expect(map(trackEvent(), TRACK_EVENT_TIME)).toMatchObject({ outcome: 'deliver', warnings: [] });
});

test('overrides reach into the event, and undefined leaves a field out', () => {
  const event = trackEvent({ context: { ip: undefined, traits: { email: 'a@example.com' } } });
  expect(event['context']).not.toHaveProperty('ip');
  expect(event['context']).toHaveProperty('traits.email', 'a@example.com');
  expect(event['context']).toHaveProperty('traits.firstName', 'Anna');
});
