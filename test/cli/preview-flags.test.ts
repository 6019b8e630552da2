import { describe, expect, test } from '@jest/globals';
import { checkFlags, type PreviewFlags, parseCount } from '#cli/preview/flags.ts';

const KAFKA = { config: 'c.yaml', fromKafka: 5 };

describe('options of preview that do not go together', () => {
  test.each<[string, PreviewFlags, readonly string[], string]>([
    ['a file and Kafka', KAFKA, ['events.jsonl'], '--from-kafka reads Kafka'],
    ['standard input and Kafka', KAFKA, ['-'], '--from-kafka reads Kafka'],
    ['a topic alone', { topic: 't' }, [], '--topic needs --from-kafka'],
    ['a partition alone', { partition: 0 }, [], '--partition needs --from-kafka'],
    ['an offset alone', { fromOffset: 0 }, [], '--from-offset needs --from-kafka'],
    ['a timeout alone', { timeout: 1 }, [], '--timeout needs --from-kafka'],
  ])('%s', (_, flags, files, message) => {
    expect(() => checkFlags(flags, files)).toThrow(message);
  });

  test.each<[string, PreviewFlags, readonly string[]]>([
    ['a file', { failOn: ['reject'] }, ['events.jsonl']],
    ['standard input', {}, []],
    ['Kafka with the file of the folder', { fromKafka: 5 }, []],
    ['Kafka', { ...KAFKA, topic: 't', partition: 0, fromOffset: 0, timeout: 1 }, []],
  ])('%s is fine', (_, flags, files) => {
    expect(() => checkFlags(flags, files)).not.toThrow();
  });
});

describe('--from-kafka', () => {
  test.each([
    ['1', 1],
    ['100000', 100_000],
  ])('takes %s', (text, count) => {
    expect(parseCount(text)).toBe(count);
  });

  test.each(['0', '-1', '1e3', 'all', '', '100001', '9'.repeat(400)])('refuses %s', (text) => {
    expect(() => parseCount(text)).toThrow(/--from-kafka takes/);
  });
});
