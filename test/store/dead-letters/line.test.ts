import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { readLine, writeLine } from '#store/dead-letters/line.ts';
import { createOpenSealer, createSealer } from '#store/sealing.ts';
import { deadRecord } from '#test/support/insert-dead-letters.ts';
import { sealVersion1 } from '#test/support/sealed-v1.ts';

const KEY = { id: 'k', key: randomBytes(32) };
const sealer = createSealer('k', [KEY]);
const strict = createSealer('k', [KEY], { acceptUnsealed: false, acceptVersion1: false });
const { facts: death, content } = deadRecord(1, '42', { message: 'Größe "x" \ud800' });
const facts = { ...death, id: '0abc02.1' };
const line = writeLine({ facts, content }, 'store', sealer) ?? '';
const parsed = JSON.parse(line) as Record<string, unknown>;

describe('a line of a dead letter', () => {
  test('gives back its facts and its content', () => {
    expect(readLine(line, strict)).toEqual({ store: 'store', facts, content });
  });

  test('of a hundred mebibytes comes back too', () => {
    const large = Buffer.alloc(100 * 1024 * 1024, 'x');
    const written = writeLine({ facts, content: large }, 'store', sealer) ?? '';
    const read = readLine(written, strict);
    expect(typeof read === 'string' ? read : read.content.equals(large)).toBe(true);
  });

  test('may have its keys in another order, as tools write them', () => {
    const turned = JSON.stringify(Object.fromEntries(Object.entries(parsed).reverse()));
    expect(turned).not.toBe(line.trimEnd());
    expect(readLine(turned, strict)).toMatchObject({ store: 'store', content });
  });

  const kafka = { ...facts.kafka };
  test.each<[string, object]>([
    ['pixel', { pixelId: '43' }],
    ['id', { id: '0abc02.0' }],
    ['store', { store: 'another' }],
    ['reason', { reason: 'missing_value' }],
    ['name', { eventName: 'Purchase' }],
    ['number of replays', { replays: 7 }],
    ['place in Kafka', { kafka: { ...kafka, offset: kafka.offset + 1 } }],
    ['set of facts', { added: true }],
  ])('of another %s does not open', (_, change) => {
    const changed = JSON.stringify({ ...parsed, ...change });
    expect(readLine(changed, sealer)).toMatch(/^does not open under key "k": it was changed/);
  });

  test('that is not sealed is refused', () => {
    const open = createOpenSealer();
    const unsealed = writeLine({ facts, content }, 'store', open) ?? '';
    expect(readLine(unsealed, open)).toMatchObject({ content });
    expect(readLine(unsealed, sealer)).toMatch(/^is not sealed although sealing is on/);
  });

  test('of version 1 opens for its id, until that is switched off', () => {
    const context = `dead-letter:${facts.id}`;
    const sealed = sealVersion1(KEY, zstdCompressSync(content), context).toString('base64');
    const before = JSON.stringify({ ...facts, store: 'store', sealed });
    expect(readLine(before, sealer)).toMatchObject({ content });
    expect(readLine(before, strict)).toMatch(/^is sealed as an older release did/);
    expect(readLine(before.replace('0abc02.1', '0abc02.2'), sealer)).toMatch(/^does not open/);
  });
});
