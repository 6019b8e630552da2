import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readOutline } from '#store/dead-letters/pages/outline.ts';
import { readFacts } from '#store/dead-letters/pages/page.ts';
import { openContents, sealContents } from '#store/dead-letters/pages/seal.ts';
import { newReplayFields, parseReplay } from '#store/dead-letters/replay/state.ts';
import { parseEnvelopeData } from '#store/intake/envelope.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { parseStored, UnreadableValue } from '#store/stored-value.ts';

const SPEC = {
  id: 'r1',
  where: 'reason:missing_value',
  last: 7,
  startedAt: 1_700_000_000_000,
  planned: 3,
  max: null,
  rate: 50,
  canary: 0,
  stopAbove: 0.1,
  includeUnknown: false,
  forceLoop: false,
  by: 'me@here',
  reason: null,
};

describe('JSON that Redis holds', () => {
  const schema = z.object({ n: z.number() });

  test('is parsed', () => {
    expect(parseStored('{"n":1}', 'a number', schema)).toEqual({ n: 1 });
  });

  test.each([
    ['{', 'a number in Redis cannot be read: it is damaged'],
    ['null', 'a number in Redis cannot be read: it is damaged'],
    ['{"n":"jane@example.com"}', 'a number in Redis cannot be read: "n" is damaged'],
  ])('is refused with its field and without its value: %s', (text, message) => {
    expect(() => parseStored(text, 'a number', schema)).toThrow(new UnreadableValue(message));
  });
});

describe('a replay', () => {
  const fields = newReplayFields(SPEC, true);

  test('comes back as it was written', () => {
    expect(parseReplay(fields)).toMatchObject({ spec: SPEC, state: 'running', detached: true });
  });

  test('of a release that knew fewer reasons counts none of the others', () => {
    const tally = JSON.stringify({
      matched: 2,
      skipped: { expired: 1 },
      left: 0,
      replayed: 1,
      filtered: {},
      refused: {},
    });
    expect(parseReplay({ ...fields, tally })?.counts.skipped).toMatchObject({
      expired: 1,
      truncated: 0,
      gone: 0,
    });
  });

  test.each([
    ['spec', '{'],
    ['spec', '{}'],
    ['tally', '{"matched":"1"}'],
    ['state', 'flying'],
  ])('with a damaged %s is unreadable: %s', (field, value) => {
    expect(() => parseReplay({ ...fields, [field]: value })).toThrow(UnreadableValue);
  });
});

test.each(['', '[]', '{"n":"5","d":"AA=="}', '{"n":5}', '{"n":1.5,"d":"AA=="}'])(
  'the content of an envelope that is damaged is unreadable: %j',
  (text) => {
    expect(() => parseEnvelopeData(text)).toThrow(UnreadableValue);
  },
);

test('the content of an envelope keeps the order that scripts read', () => {
  const text = '{"v":"a","r":2,"n":5,"d":"AA=="}';
  expect(JSON.stringify(parseEnvelopeData(text))).toBe(text);
});

describe('a page of dead letters', () => {
  const head =
    '{"v":1,"base":0,"died":[0,0],"shared":[{"message":"x","topic":"t","refusal":null}]}';
  const row = '[0,0,0,0,0,null,null,0,0,null,null,0,""]';
  const page = (text: string) => zstdCompressSync(Buffer.from(text));

  test('is read', () => {
    expect(readFacts('p', page(`${head}\n${row}`), null)).toMatchObject([{ id: 'p.0' }]);
  });

  test.each([
    ['a newer head', `${head.replace('"v":1', '"v":9')}\n${row}`, 'version 9'],
    ['a head without facts', `{"v":1,"base":0,"died":[0,0],"shared":[{}]}\n${row}`, 'head'],
    ['a head without times', `{"v":1,"base":0,"shared":[]}\n${row}`, 'head'],
    ['a row that is too short', `${head}\n[0,0,0]`, 'row'],
    ['a row with a text for a number', `${head}\n${row.replace('[0', '[0,"x"')}`, 'row'],
  ])('with %s is refused', (_name, text, message) => {
    expect(() => readFacts('p', page(text), null)).toThrow(message);
  });

  test.each(['1', '[]', '[[],{}]', '[{},[]]', '[[],["x"]]'])(
    'with a damaged outline counts nothing: %s',
    (text) => {
      expect(readOutline('p', page(text), null)).toEqual([]);
    },
  );

  test('with damaged lengths of its contents is refused', () => {
    const sealer = createOpenSealer();
    const sealed = sealContents(sealer, 'p', [Buffer.from('a')]);
    expect(openContents(sealer, 'p', sealed)).toEqual([Buffer.from('a')]);
    const damaged = sealer.seal(page('["1"]\na'), '');
    expect(() => openContents(sealer, 'p', damaged)).toThrow('damaged');
  });
});
