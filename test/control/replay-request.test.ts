import { describe, expect, test } from '@jest/globals';
import { filterOfGroup } from '#control/pages/groups.ts';
import { parseReplayRequest, readReplayRequest } from '#control/routes/replay-request.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
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
  test.each([
    ['words that differ are left out', group(), 'message:"Invalid parameter: value of"'],
    ['few words say nothing', group({ message: 'no 1' }), 'subcode:2804050'],
    ['no pixel', group({ pixelId: null }), 'pixel:none'],
    ['no code', group({ code: null, subcode: null }), 'stage:worker message'],
  ])('%s', (_, of, words) => {
    const text = filterOfGroup(of);
    expect(text).toContain(words);
    expect(parseFilter(text)).toMatchObject({ ok: true });
  });

  test('its events pass, others do not', () => {
    const text = filterOfGroup(group({ message: 'Invalid parameter: value of "Lead" is 3' }));
    const parsed = parseFilter(text);
    if (!parsed.ok) throw new Error(parsed.problem);
    const said = (message: string) => facts({ refusal: { ...facts().refusal, message } as never });
    expect(parsed.filter.matches(said('Invalid parameter: value of "Other" is 4'), NOW)).toBe(true);
    expect(parsed.filter.matches(said('Something else'), NOW)).toBe(false);
  });
});
