import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { openEnvelope, sealEnvelope } from '#queue/envelope.ts';
import { RecordLines } from '#queue/record-lines.ts';
import { createOpenSealer, createSealer, type SealError } from '#queue/sealing.ts';

const OLD = { id: 'old', key: randomBytes(32) };
const NEW = { id: 'new', key: randomBytes(32) };
const PLAIN = Buffer.from('jane@example.com');

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

  test('opens what it sealed, and what an older key sealed', () => {
    expect(sealer.open(sealer.seal(PLAIN, 'a'), 'a')).toEqual(PLAIN);
    expect(sealer.open(createSealer('old', [OLD]).seal(PLAIN, 'a'), 'a')).toEqual(PLAIN);
  });

  test('seals the same thing differently each time, and not in the clear', () => {
    const sealed = sealer.seal(PLAIN, 'a');
    expect(sealed.equals(sealer.seal(PLAIN, 'a'))).toBe(false);
    expect(sealed.includes(PLAIN)).toBe(false);
  });

  test('says which key is missing', () => {
    const sealed = sealer.seal(PLAIN, 'a');
    const error = failure(() => createSealer('old', [OLD]).open(sealed, 'a'));
    expect(error).toMatchObject({ reason: 'missing_key' });
    expect(error.message).toContain('"new"');
  });

  test.each([
    ['another key of the same name', { id: 'new', key: randomBytes(32) }, 'a'],
    ['another context', NEW, 'b'],
  ])('does not open under %s', (_name, key, context) => {
    const sealed = sealer.seal(PLAIN, 'a');
    expect(failure(() => createSealer('new', [key]).open(sealed, context)).reason).toBe('damaged');
  });

  test('does not open when a byte was changed, or when it was cut', () => {
    const sealed = sealer.seal(PLAIN, 'a');
    const changed = Buffer.from(sealed);
    changed[sealed.length - 1] = (changed[sealed.length - 1] ?? 0) ^ 1;
    expect(failure(() => sealer.open(changed, 'a')).reason).toBe('damaged');
    expect(failure(() => sealer.open(sealed.subarray(0, 20), 'a')).reason).toBe('damaged');
  });

  test('knows what a newer release wrote', () => {
    expect(failure(() => sealer.open(Buffer.of(9, 1, 2), 'a')).reason).toBe('unknown_version');
  });

  test('can be switched off, and what was written then stays readable', () => {
    const written = createOpenSealer().seal(PLAIN, 'a');
    expect(written.includes(PLAIN)).toBe(true);
    expect(sealer.open(written, 'a')).toEqual(PLAIN);
  });

  test('wants its current key to exist', () => {
    expect(() => createSealer('gone', [NEW])).toThrow('"gone" is not among');
  });
});

describe('an envelope', () => {
  const sealer = createSealer('new', [NEW]);
  const lines = ['first\t{}\t{"a":"ü"}', 'second\t{}\t{}'];
  const data = sealEnvelope(
    sealer,
    '42',
    [['track', 3]],
    RecordLines.of(lines.map((line) => Buffer.from(line))),
  );

  test('gives back its records', () => {
    const opened = openEnvelope(sealer, '42', data);
    expect(opened.sources).toEqual([['track', 3]]);
    expect(opened.lines.map(String)).toEqual(lines);
    expect(data.n).toBe(2);
  });

  test('opens for its own pixel only', () => {
    expect(failure(() => openEnvelope(sealer, '43', data)).reason).toBe('damaged');
  });
});
