import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WARNING_CODES } from '#core/event/warning.ts';
import {
  DENIED,
  FILTER_REASONS,
  type MappingResult,
  REJECT_REASONS,
} from '#core/mapping/mapping-result.ts';
import { createPixelMapper, type Mapped } from '#core/mapping/pixel-mapper.ts';
import { sentJson } from '#core/record/record.ts';
import { oddEvents, pathsOf, withValueAt } from '#test/support/odd-events.ts';
import { consenting, oddCondition, oddConsent, oddSettings } from '#test/support/odd-settings.ts';
import { TRACK_EVENT_TIME, trackEvent } from '#test/support/track-event.ts';

const NOW = TRACK_EVENT_TIME + 60_000;

const CODES: readonly string[] = WARNING_CODES;
const REASONS: readonly string[] = [...FILTER_REASONS, ...REJECT_REASONS, DENIED];

const events = fc
  .tuple(oddEvents, fc.option(oddConsent, { freq: 4 }))
  .map(([event, consent]) => (consent === null ? event : consenting(event, consent)));

/** Each server event of a Track event, or why there is none. */
function partsOf(mapped: Mapped): readonly MappingResult[] {
  return mapped.outcome === 'several'
    ? Array.from(mapped.results, ({ result }) => result)
    : [mapped];
}

function expectKnown(result: MappingResult): void {
  if (result.outcome !== 'deliver') {
    expect(REASONS).toContain(result.reason);
    return;
  }
  for (const { code } of result.warnings) expect(CODES).toContain(code);
  const json = sentJson(result.event);
  expect(json).not.toMatch(/\\ud[89a-f]/i);
  expect(Object.keys(JSON.parse(json)).at(-1)).toBe('user_data');
}

test('whatever the settings and the event are, the answer is one of three, in words of closed lists', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(oddSettings, fc.option(oddCondition), events, (settings, deny, event) => {
      const pixel = deny === null ? settings : { ...settings, events: { deny } };
      const before = JSON.stringify(event);
      const parts = partsOf(createPixelMapper(pixel)(event, NOW));
      expect(JSON.stringify(event)).toBe(before);
      expect(parts.length).toBeGreaterThan(0);
      for (const part of parts) {
        seen.set(part.outcome, (seen.get(part.outcome) ?? 0) + 1);
        expectKnown(part);
      }
    }),
    { numRuns: 600 },
  );
  expect([...seen.keys()].toSorted()).toEqual(['deliver', 'filter', 'reject']);
});

test('the same settings and the same event give the same answer', () => {
  fc.assert(
    fc.property(oddSettings, events, (settings, event) => {
      const text = JSON.stringify(event);
      const before = JSON.stringify(settings);
      const map = createPixelMapper(settings);
      const answer = (): string => JSON.stringify(partsOf(map(JSON.parse(text), NOW)));
      const first = answer();
      expect(answer()).toBe(first);
      const fresh = createPixelMapper(settings)(JSON.parse(text), NOW);
      expect(JSON.stringify(partsOf(fresh))).toBe(first);
      expect(JSON.stringify(settings)).toBe(before);
    }),
    { numRuns: 300 },
  );
});

const ALWAYS = {
  ...{ when: { path: 'event', exists: true }, eventName: 'Again' },
  ...{ instead: false, testEventCode: null },
};

test('the events of one Track event are not duplicates of each other', () => {
  let several = 0;
  fc.assert(
    fc.property(oddSettings, oddEvents, (settings, event) => {
      const eventRules = [...settings.eventRules, ALWAYS];
      const mapped = createPixelMapper({ ...settings, eventRules })(event, NOW);
      const sent = partsOf(mapped).flatMap((part) =>
        part.outcome === 'deliver' ? [part.event.plain] : [],
      );
      const ids = sent.flatMap(({ event_id: id, event_name: name }) =>
        id === undefined ? [] : [`${name} ${id}`],
      );
      if (ids.length > 1) several += 1;
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 400, seed: 20_261_128 },
  );
  expect(several).toBeGreaterThan(20);
});

const AGENT = ['context', 'userAgent'].join();
const PLACES = pathsOf(trackEvent()).filter((each) => each.join() !== AGENT);

test('an e-mail address is readable nowhere, whatever the settings are', () => {
  const email = 'jo.qvx@example.com';
  const form = fc.constantFrom<unknown>(
    ...[email, ` ${email.toUpperCase()}`, `mailto:${email}`, `order of ${email}, thanks`, [email]],
    ...['jo.qvx\u200b@example.com', 'jo.qvx@\u2060example.com', { note: email }, { [email]: 1 }],
  );
  fc.assert(
    fc.property(oddSettings, fc.constantFrom(...PLACES), form, (settings, place, value) => {
      // Bots write their owner's address into this field, where Meta wants it.
      const { client_user_agent: _, ...fields } = settings.fields;
      const event = withValueAt(trackEvent(), place, value);
      for (const part of partsOf(createPixelMapper({ ...settings, fields })(event, NOW))) {
        const sent = part.outcome === 'deliver' ? sentJson(part.event) : '';
        const said = JSON.stringify(part.outcome === 'deliver' ? part.warnings : part);
        const text = `${sent}${said}`.toLowerCase().replaceAll('%40', '@');
        expect(text.replace(/[\u200b\u2060]/g, '')).not.toContain(email);
      }
    }),
    { numRuns: 500 },
  );
});
