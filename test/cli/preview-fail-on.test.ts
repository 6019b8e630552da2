import { describe, expect, test } from '@jest/globals';
import { FailOn, type FailureKind, parseFailOn } from '#cli/preview/fail-on.ts';
import { createJsonPreview } from '#cli/preview/previews.ts';
import { TRACK_EVENT_TIME, trackEvent } from '#test/support/track-event.ts';

const GOOD = JSON.stringify(trackEvent());
const WARNED = JSON.stringify(trackEvent({ messageId: undefined }));
const FILTERED = JSON.stringify({ type: 'identify', userId: 'jane@example.com' });
const REJECTED = '{"event": "jane@example.com';

function reported(kinds: readonly FailureKind[], lines: readonly string[]): string | null {
  const failOn = new FailOn(kinds);
  const context = { configuration: null, now: TRACK_EVENT_TIME, clock: () => TRACK_EVENT_TIME };
  const preview = createJsonPreview(context, (place, mapped) => failOn.note(place, mapped));
  for (const line of lines) preview(line);
  return failOn.report('line');
}

describe('--fail-on lists what it finds, with its line', () => {
  const all = [GOOD, WARNED, FILTERED, REJECTED];
  test.each<[string, readonly FailureKind[], readonly string[], string | null]>([
    ['nothing in good events', ['reject', 'warning', 'filter'], [GOOD, GOOD], null],
    ['nothing where nothing is asked', [], all, null],
    ['nothing of another kind', ['reject'], [WARNED, FILTERED], null],
    ['nothing in no lines', ['reject'], [], null],
    [
      'rejects',
      ['reject'],
      all,
      'line 4: reject invalid_event\n--fail-on reject: found in 1 of 4 lines\n',
    ],
    [
      'rejects and warnings',
      ['reject', 'warning'],
      all,
      'line 2: warning missing_event_id, pixel 0\nline 4: reject invalid_event\n--fail-on reject,warning: found in 2 of 4 lines\n',
    ],
    [
      'what was filtered',
      ['filter'],
      [FILTERED],
      'line 1: filter not_track, pixel 0\n--fail-on filter: found in 1 of 1 line\n',
    ],
  ])('%s', (_, kinds, lines, expected) => {
    expect(reported(kinds, lines)).toBe(expected);
  });

  test('a hundred, and how many more there are', () => {
    const lines = Array.from({ length: 250 }, () => REJECTED);
    const said = (reported(['reject'], lines) ?? '').split('\n');
    expect(said).toHaveLength(103);
    expect(said.slice(-3)).toEqual([
      '… and 150 more',
      '--fail-on reject: found in 250 of 250 lines',
      '',
    ]);
  });
});

describe('the values of --fail-on', () => {
  test.each<[string, readonly FailureKind[]]>([
    ['reject', ['reject']],
    ['reject,warning', ['reject', 'warning']],
    ['warning, filter ,warning', ['warning', 'filter']],
  ])('%s', (text, expected) => {
    expect(parseFailOn(text)).toEqual(expected);
  });

  test.each([
    ['rejects', '“rejects”'],
    ['reject,constructor,__proto__', '“constructor”, “__proto__”'],
    ['', 'separated by commas'],
    ['reject,', 'separated by commas'],
  ])('names those that it does not know: %j', (text, named) => {
    expect(() => parseFailOn(text)).toThrow(named);
  });
});
