import { describe, expect, test } from '@jest/globals';
import { renderDetails } from '#cli/dead-letters/details.ts';
import { eventPage } from '#control/pages/event.ts';
import { NO_NAMES } from '#core/pixel-names.ts';
import { isoTime } from '#core/text/format.ts';
import { facts } from '#test/control/facts.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');

describe('what is no moment', () => {
  test.each([-1, 8.64e15 + 1, 2 ** 63, Number.NaN, -Infinity])('%d has no ISO time', (ms) => {
    expect(isoTime(ms)).toBeNull();
  });

  test.each([-1, 2 ** 63])(
    'a Kafka timestamp of %d breaks neither details nor page',
    (timestamp) => {
      const letter = facts({ kafka: { topic: 't', partition: 0, offset: 1, timestamp } });
      const content = { content: { a: 1 }, masked: true };
      expect(renderDetails(letter, content, NOW)).toContain('unknown');
      const visit = { now: NOW, mayAct: false, names: NO_NAMES };
      const page = eventPage(letter, { content, previews: [] }, visit);
      expect(JSON.stringify(page.body)).toContain('not known');
    },
  );
});
