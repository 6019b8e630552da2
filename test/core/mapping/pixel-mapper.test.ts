import { describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createPixelMapper } from '#core/mapping/pixel-mapper.ts';

import { NOW, track } from './mapped.ts';

const PIXEL = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' };

describe('what events.deny of a pixel says', () => {
  const map = createPixelMapper({
    ...PIXEL,
    events: { deny: { path: 'properties.is_test', equals: true } },
  });

  test.each<[string, unknown, string]>([
    ['leaves an event out', track({ properties: { is_test: true } }), 'filter denied'],
    [
      'leaves out a call that would be filtered anyway',
      { type: 'identify', properties: { is_test: true } },
      'filter denied',
    ],
    ['lets every other event pass', track(), 'deliver'],
    ['says nothing of what is no event', [], 'reject invalid_event'],
  ])('%s', (_name, event, expected) => {
    const result = map(event, NOW);
    const reason = 'reason' in result ? ` ${result.reason}` : '';
    expect(`${result.outcome}${reason}`).toBe(expected);
  });

  test('a condition that fails ends that event alone', () => {
    const event = {
      get properties(): never {
        throw new Error('secret');
      },
    };
    const result = map(event, NOW);
    expect(result).toMatchObject({ outcome: 'reject', reason: 'mapping_failed' });
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});
