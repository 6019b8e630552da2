import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { fieldFaults } from '#core/fields/judge.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { FILTER_REASONS, REJECT_REASONS } from '#core/mapping/mapping-result.ts';
import { sentJson } from '#core/record/record.ts';
import { messageOf } from '#sandbox/validator/fault.ts';
import { validateRequest } from '#sandbox/validator/validate.ts';
import { anyText } from '#test/support/any-text.ts';
import { oddEvents, pathsOf, withValueAt } from '#test/support/odd-events.ts';
import { oddFieldName, oddFields, oddSource } from '#test/support/odd-settings.ts';
import { TRACK_EVENT_TIME, trackEvent } from '#test/support/track-event.ts';

const NOW = TRACK_EVENT_TIME + 60_000;

const none = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' };

test('whatever the fields and the event are, the answer is one of three, and never an exception', () => {
  const reasons: readonly string[] = [...FILTER_REASONS, ...REJECT_REASONS];
  let delivered = 0;
  fc.assert(
    fc.property(oddFields, oddEvents, (own, event) => {
      const before = JSON.stringify(event);
      const map = createMapper({ ...none, fields: own });
      const result = map(event, NOW);
      expect(JSON.stringify(event)).toBe(before);
      expect(map(event, NOW)).toEqual(result);
      if (result.outcome === 'deliver') delivered += 1;
      else expect(reasons).toContain(result.reason);
    }),
    { numRuns: 2000 },
  );
  expect(delivered).toBeGreaterThan(200);
});

test('what is delivered the sandbox accepts', () => {
  const options = { now: NOW / 1000, requireWebsiteContext: false, allowPersonalData: false };
  fc.assert(
    fc.property(oddFields, oddEvents, (own, event) => {
      const result = createMapper({ ...none, fields: own })(event, NOW);
      if (result.outcome !== 'deliver') return;
      const judged = validateRequest({ data: [JSON.parse(sentJson(result.event))] }, options);
      expect(judged.accepted ? null : messageOf(judged.fault, 0, 'always')).toBeNull();
    }),
    { numRuns: 2000, seed: 20_261_127 },
  );
});

const AGENT = ['context', 'userAgent'].join();
const PLACES = pathsOf(trackEvent()).filter((each) => each.join() !== AGENT);

test('an e-mail address is readable nowhere, whatever reads the place where it stands', () => {
  const email = 'jo.qvx@example.com';
  fc.assert(
    fc.property(oddFields, fc.constantFrom(...PLACES), (own, place) => {
      // Bots write their owner's address into this field, where Meta wants it.
      const { client_user_agent: _, ...others } = own;
      const event = withValueAt(trackEvent(), place, email);
      const result = createMapper({ ...none, fields: others })(event, NOW);
      const sent = result.outcome === 'deliver' ? sentJson(result.event) : '';
      const text = `${sent}${JSON.stringify(result.outcome === 'deliver' ? result.warnings : result)}`;
      expect(text.toLowerCase().replaceAll('%40', '@')).not.toContain(email);
    }),
    { numRuns: 3000 },
  );
});

test('junk in the configuration is judged and never throws, and what passes can be used', () => {
  const anyName = fc.oneof(
    oddFieldName,
    fc.constantFrom('__proto__', 'constructor', 'custom_data.', 'x'),
  );
  const junk = fc.oneof(oddSource, fc.jsonValue({ maxDepth: 3 }), anyText());
  let usable = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(anyName, junk), { maxLength: 4 }), (pairs) => {
      const written = Object.fromEntries(pairs);
      if (fieldFaults({ ...none, fields: written }).length > 0) return;
      usable += 1;
      expect(() => createMapper({ ...none, fields: written })).not.toThrow();
    }),
    { numRuns: 3000 },
  );
  expect(usable).toBeGreaterThan(100);
});
