import { describe, expect, test } from '@jest/globals';
import { filterOfGroup } from '#control/pages/groups.ts';
import { parseReplayRequest, readReplayRequest } from '#control/routes/replay-request.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
import { causeKey, causeOf, groupName } from '#core/dead-letter/groups.ts';
import { facts, group, NOW } from './facts.ts';

describe('what a replay is asked for', () => {
  test.each([
    ['nothing', {}, 'Enter a filter'],
    ['a filter that is none', { where: 'x' }, 'is not a term'],
    ['a rate that is none', { where: 'replays:0', rate: '1.5' }, 'The rate must be a whole number'],
    ['a negative number', { where: 'replays:0', max: '-1' }, 'The maximum must be a whole number'],
    ['a canary that is none', { where: 'replays:0', canary: 'x' }, 'The canary'],
    ['a share above all', { where: 'replays:0', stop: '101' }, 'from 0 to 100'],
  ])('%s is refused', (_, given, words) => {
    expect(parseReplayRequest(readReplayRequest(given))).toContain(words);
  });

  test('everything that can be asked for', () => {
    const given = { where: ' replays:0 ', rate: '200', max: '5000', canary: '0', stop: '2.5' };
    const options = parseReplayRequest(
      readReplayRequest({ ...given, unknown: 'yes', loop: 'yes' }),
    );
    expect(options).toMatchObject({
      rate: 200,
      max: 5000,
      canary: 0,
      stopAbove: 0.025,
      includeUnknown: true,
      forceLoop: true,
    });
  });

  test('without more, the safe way', () => {
    expect(parseReplayRequest(readReplayRequest({ all: 'yes' }))).toMatchObject({
      rate: null,
      max: null,
      canary: 10,
      stopAbove: 0.05,
      includeUnknown: false,
      forceLoop: false,
    });
  });
});

describe('the filter of a group', () => {
  const named = (of: DeadLetterFacts) => group({ cause: groupName(causeKey(causeOf(of))) });
  const matches = (text: string, of: DeadLetterFacts): boolean => {
    const parsed = parseFilter(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.filter.matches(of, NOW);
  };

  test.each([
    ['its cause', group(), 'reason:rejected_by_meta pixel:101 cause:cause-of-101'],
    ['no pixel', group({ pixelId: null }), 'reason:rejected_by_meta pixel:none cause:cause-of-101'],
    ['a reason of a newer release', group({ reason: '"x' }), 'pixel:101 cause:cause-of-101'],
    [
      'a hostile pixel',
      group({ pixelId: '"1 2' }),
      'reason:rejected_by_meta pixel:"1 2" cause:cause-of-101',
    ],
  ])('%s', (_, of, words) => {
    expect(filterOfGroup(of)).toBe(words);
    expect(parseFilter(words)).toMatchObject({ ok: true });
  });

  test('its events pass, others do not', () => {
    const said = (message: string): DeadLetterFacts =>
      facts({ refusal: { ...facts().refusal, message } as never });
    const text = filterOfGroup(named(said('Invalid parameter: value of "Lead" is 3')));
    expect(matches(text, said('Invalid parameter: value of "Other" is 4'))).toBe(true);
    expect(matches(text, said('Something else'))).toBe(false);
  });
});
