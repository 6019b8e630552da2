import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import {
  isFirstForm,
  namePage,
  openContents,
  openFacts,
  outlineOf,
  sealContents,
  sealFacts,
} from '#store/dead-letters/pages/seal.ts';
import { createOpenSealer, createSealer, SealError } from '#store/sealing.ts';
import { sealVersion1 } from '#test/support/sealed-v1.ts';

const KEY = { id: 'k', key: randomBytes(32) };
const sealer = createSealer('k', [KEY]);
const strict = createSealer('k', [KEY], { acceptUnsealed: false, acceptVersion1: false });
const FACTS = Buffer.from('{"pixelId":"1"}');
const OUTLINE = Buffer.from('an outline');
const CONTENTS = Buffer.from('jane@example.com');
/** As a page has them before they are sealed. */
const WRITTEN = zstdCompressSync(Buffer.from(`[${CONTENTS.length}]\n${CONTENTS}`));
const [PAGE, OTHER] = [namePage(2), namePage(2)];
/** As the release before named pages. */
const FIRST = '3w5e11264sgsf02';

function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SealError) return error.reason;
    throw error;
  }
  return 'opens';
}

describe('a page', () => {
  const facts = sealFacts(sealer, PAGE, FACTS, OUTLINE);
  const contents = sealContents(sealer, PAGE, [CONTENTS]);

  test('opens as what it was written, and shows neither facts nor contents', () => {
    expect(openFacts(strict, PAGE, facts)).toEqual(FACTS);
    expect(openContents(strict, PAGE, contents)).toEqual([CONTENTS]);
    expect(outlineOf(PAGE, facts)).toEqual(OUTLINE);
    expect(facts.includes(FACTS)).toBe(false);
    expect(contents.includes(CONTENTS)).toBe(false);
  });

  test.each<[string, () => unknown, string]>([
    ['facts of another page', () => openFacts(sealer, OTHER, facts), 'damaged'],
    ['contents of another page', () => openContents(sealer, OTHER, contents), 'damaged'],
    ['contents in place of facts', () => openFacts(sealer, PAGE, contents), 'damaged'],
    ['facts in place of contents', () => openContents(sealer, PAGE, facts), 'damaged'],
    [
      'facts that are not sealed',
      () => openFacts(sealer, PAGE, createOpenSealer().seal(FACTS, '')),
      'unsealed',
    ],
    [
      'facts as the first form had them',
      () => openFacts(sealer, PAGE, Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0)),
      'damaged',
    ],
    [
      'contents of version 1',
      () => openContents(sealer, PAGE, sealVersion1(KEY, WRITTEN, `dead-letters:${PAGE}`)),
      'outdated',
    ],
    [
      'its contents under a name of the first form',
      () => openContents(sealer, PAGE.slice(1), contents),
      'damaged',
    ],
  ])('%s', (_, open, reason) => {
    expect(reasonOf(open)).toBe(reason);
  });
});

describe('a page of the first form', () => {
  const contents = sealVersion1(KEY, WRITTEN, `dead-letters:${FIRST}`);

  test('is told by its name', () => {
    expect([isFirstForm(FIRST), isFirstForm(PAGE)]).toEqual([true, false]);
  });

  test('opens, with its facts in the clear', () => {
    expect(openFacts(sealer, FIRST, FACTS)).toEqual(FACTS);
    expect(openContents(sealer, FIRST, contents)).toEqual([CONTENTS]);
  });

  test('no longer opens once that is switched off', () => {
    expect(reasonOf(() => openFacts(strict, FIRST, FACTS))).toBe('outdated');
    expect(reasonOf(() => openContents(strict, FIRST, contents))).toBe('outdated');
  });
});
