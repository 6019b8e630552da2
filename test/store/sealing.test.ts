import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { DerivedKeys } from '#store/derived-keys.ts';
import { openEnvelope, RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import { createOpenSealer, createSealer, type SealError, sealerOf } from '#store/sealing.ts';
import { sealVersion1 } from '#test/support/sealed-v1.ts';

const OLD = { id: 'old', key: randomBytes(32) };
const NEW = { id: 'new', key: randomBytes(32) };
const PLAIN = Buffer.from('jane@example.com');
const STRICT = { acceptUnsealed: false, acceptVersion1: false };

function failure(work: () => unknown): SealError {
  try {
    work();
  } catch (error) {
    return error as SealError;
  }
  throw new Error('nothing was thrown');
}

describe('sealing', () => {
  const sealer = createSealer('new', [OLD, NEW]);

  test('opens what it sealed, what another process sealed, and what an older key sealed', () => {
    expect(sealer.open(sealer.seal(PLAIN, 'a'), 'a', null)).toEqual(PLAIN);
    expect(createSealer('old', [OLD, NEW]).open(sealer.seal(PLAIN, 'a'), 'a', null)).toEqual(PLAIN);
    expect(sealer.open(createSealer('old', [OLD]).seal(PLAIN, 'a'), 'a', null)).toEqual(PLAIN);
  });

  test('seals the same thing differently each time, and not in the clear', () => {
    const sealed = sealer.seal(PLAIN, 'a');
    expect(sealed.equals(sealer.seal(PLAIN, 'a'))).toBe(false);
    expect(sealed.includes(PLAIN)).toBe(false);
  });

  test('says which key is missing', () => {
    const sealed = sealer.seal(PLAIN, 'a');
    const error = failure(() => createSealer('old', [OLD]).open(sealed, 'a', null));
    expect(error).toMatchObject({ reason: 'missing_key' });
    expect(error.message).toContain('"new"');
  });

  test.each([
    ['another key of the same name', { id: 'new', key: randomBytes(32) }, 'a'],
    ['another context', NEW, 'b'],
  ])('does not open under %s', (_name, key, context) => {
    const sealed = sealer.seal(PLAIN, 'a');
    const open = () => createSealer('new', [key]).open(sealed, context, context);
    expect(failure(open).reason).toBe('damaged');
  });

  test('does not open when any byte of it was changed, or when it was cut', () => {
    const sealed = sealer.seal(PLAIN, 'a');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(failure(() => sealer.open(changed, 'a', 'a')).name).toBe('SealError');
      expect(failure(() => sealer.open(sealed.subarray(0, at), 'a', 'a')).name).toBe('SealError');
    }
  });

  test('tells what a newer release wrote from what is no sealed value', () => {
    const error = failure(() => sealer.open(Buffer.of(9, 1, 2), 'a', 'a'));
    expect(error.reason).toBe('unknown_version');
    for (const other of [Buffer.of(0x28, 0xb5, 0x2f, 0xfd), Buffer.alloc(0)]) {
      expect(failure(() => sealer.open(other, 'a', 'a')).reason).toBe('damaged');
    }
  });

  test('wants its current key to exist', () => {
    expect(() => createSealer('gone', [NEW])).toThrow('"gone" is not among');
  });
});

describe('what was written with sealing off', () => {
  const unsealed = createOpenSealer().seal(PLAIN, 'a');

  test('is readable to everyone', () => {
    expect(unsealed.includes(PLAIN)).toBe(true);
    expect(createOpenSealer().open(unsealed, 'a', null)).toEqual(PLAIN);
  });

  test('does not open where sealing is on, unless a setting allows it', () => {
    const error = failure(() => createSealer('new', [NEW]).open(unsealed, 'a', 'a'));
    expect(error.reason).toBe('unsealed');
    expect(error.message).toContain('sealing.acceptUnsealed');
    const lenient = createSealer('new', [NEW], { acceptUnsealed: true, acceptVersion1: false });
    expect(lenient.open(unsealed, 'a', null)).toEqual(PLAIN);
  });

  test('a sealed value does not become one by another version byte', () => {
    const sealed = createSealer('new', [NEW]).seal(PLAIN, 'a');
    sealed[0] = 0;
    expect(failure(() => createSealer('new', [NEW]).open(sealed, 'a', 'a')).reason).toBe(
      'unsealed',
    );
  });
});

describe('what version 1 sealed', () => {
  const sealed = sealVersion1(OLD, PLAIN, 'of 1');

  test('opens for what it was sealed for', () => {
    const sealer = createSealer('new', [OLD, NEW]);
    expect(sealer.open(sealed, 'of 2', 'of 1')).toEqual(PLAIN);
    expect(failure(() => sealer.open(sealed, 'of 1', 'of 2')).reason).toBe('damaged');
    expect(failure(() => createSealer('new', [NEW]).open(sealed, '', 'of 1')).message).toContain(
      '"old"',
    );
  });

  test.each([
    ['where the setting is off', createSealer('old', [OLD], STRICT), 'of 1'],
    ['where version 1 wrote no such value', createSealer('old', [OLD]), null],
  ])('does not open %s', (_, sealer, context) => {
    const error = failure(() => sealer.open(sealed, 'of 1', context));
    expect(error.reason).toBe('outdated');
    expect(error.message).toContain('sealing.acceptVersion1');
  });

  test('a value of today does not open as one, whatever its first byte says', () => {
    const sealer = createSealer('old', [OLD]);
    const changed = sealer.seal(PLAIN, 'a');
    changed[0] = 1;
    expect(failure(() => sealer.open(changed, 'a', 'a')).reason).toBe('damaged');
  });
});

describe('derived keys', () => {
  const saltOf = (sealed: Buffer) => sealed.toString('hex', 5, 21);

  test('are one for a process, and others for another process', () => {
    const [sealer, other] = [createSealer('new', [NEW]), createSealer('new', [NEW])];
    const salt = saltOf(sealer.seal(PLAIN, 'a'));
    expect(saltOf(sealer.seal(PLAIN, 'b'))).toBe(salt);
    expect(saltOf(other.seal(PLAIN, 'a'))).not.toBe(salt);
  });

  test('are replaced before they have sealed too much; all of it opens', () => {
    const sealer = createSealer('new', [NEW], STRICT, new DerivedKeys([NEW], 3));
    const sealed = Array.from({ length: 7 }, () => sealer.seal(PLAIN, 'a'));
    const salts = sealed.map(saltOf);
    expect(new Set(salts).size).toBe(3);
    expect(new Set(salts.slice(0, 3)).size).toBe(1);
    for (const each of sealed) expect(sealer.open(each, 'a', null)).toEqual(PLAIN);
  });

  test('are remembered up to a bound, and only those of genuine values', () => {
    const derived = new DerivedKeys([NEW]);
    const sealer = createSealer('new', [NEW], STRICT, derived);
    const sealed = sealer.seal(PLAIN, 'a');
    for (let n = 0; n < 50; n += 1) {
      const forged = Buffer.from(sealed);
      randomBytes(16).copy(forged, 5);
      expect(failure(() => sealer.open(forged, 'a', null)).reason).toBe('damaged');
    }
    expect(derived.size).toBe(0);
    const writers = new DerivedKeys([NEW], 1);
    const writer = createSealer('new', [NEW], STRICT, writers);
    for (let n = 0; n < 1100; n += 1) sealer.open(writer.seal(PLAIN, 'a'), 'a', null);
    expect(derived.size).toBe(1000);
    expect(sealer.open(sealed, 'a', null)).toEqual(PLAIN);
  });
});

test('a process has one sealer for its configuration, and so one derived key', () => {
  const sealing = { currentKey: 'new', keys: [NEW], ...STRICT };
  expect(sealerOf(sealing)).toBe(sealerOf(sealing));
  expect(sealerOf({ ...sealing })).not.toBe(sealerOf(sealing));
  expect(sealerOf(sealing).acceptsVersion1).toBe(false);
});

describe('an envelope', () => {
  const sealer = createSealer('new', [NEW]);
  const lines = ['first\t{}\t{"a":"ü"}', 'second\t{}\t{}'];
  const records = () => RecordLines.of(lines.map((line) => Buffer.from(line)));
  const name = { pixelId: '42', id: 'track-3-7' };
  const data = sealEnvelope(sealer, name, [['track', 3]], records());

  test('gives back its records', () => {
    const opened = openEnvelope(sealer, name, data);
    expect(opened.sources).toEqual([['track', 3]]);
    expect(opened.lines.map(String)).toEqual(lines);
    expect(data.n).toBe(2);
  });

  test('that was settled in part opens under its id with what remains', () => {
    const rest = RecordLines.of([Buffer.from('second\t{}\t{}')]);
    const remaining = sealEnvelope(sealer, name, [['track', 3]], rest);
    expect(openEnvelope(sealer, name, remaining).lines.map(String)).toEqual(['second\t{}\t{}']);
  });

  test.each([
    ['another pixel', { ...name, pixelId: '43' }, data.n],
    ['another id', { ...name, id: 'track-3-8' }, data.n],
    ['a larger count', name, 3],
    ['a smaller count', name, 1],
    ['a count that is text', name, '2' as unknown as number],
    ['a border between pixel and id elsewhere', { pixelId: '4', id: '2track-3-7' }, data.n],
  ])('does not open with %s', (_, other, n) => {
    expect(failure(() => openEnvelope(sealer, other, { ...data, n })).reason).toBe('damaged');
  });

  describe('of version 1', () => {
    const plain = Buffer.from(`{"v":1,"sources":[["track",3]]}\n${lines.join('\n')}`);
    const sealed = sealVersion1(NEW, zstdCompressSync(plain), 'envelope:42');
    const before = { n: 2, d: sealed.toString('base64') };

    test('opens, for its own pixel and with its own count', () => {
      expect(openEnvelope(sealer, name, before).lines.map(String)).toEqual(lines);
      const other = { ...name, pixelId: '43' };
      expect(failure(() => openEnvelope(sealer, other, before)).reason).toBe('damaged');
      expect(failure(() => openEnvelope(sealer, name, { ...before, n: 3 })).message).toBe(
        'holds 2 events where its job says 3',
      );
    });

    test('no longer opens once that is switched off', () => {
      const strict = createSealer('new', [NEW], STRICT);
      expect(failure(() => openEnvelope(strict, name, before)).reason).toBe('outdated');
    });
  });
});
