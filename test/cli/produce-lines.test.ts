import { expect, test } from '@jest/globals';
import { keyOfLine, readLines } from '#cli/produce/source.ts';

async function* streamOf(...chunks: (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk as string);
}

async function linesOf(...chunks: string[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of readLines(streamOf(...chunks))) lines.push(...some.map(String));
  return lines;
}

test.each([
  ['nothing', [], []],
  ['lines in one chunk', ['a\nb\n'], ['a', 'b']],
  ['a last line without its end', ['a\nb'], ['a', 'b']],
  ['lines over several chunks', ['a', 'b', 'c\nd', '\n'], ['abc', 'd']],
  ['blank lines', ['\n\na\n \t\n\r\nb\n'], ['a', 'b']],
  ['line ends of Windows', ['a\r\nb\r\n'], ['a', 'b']],
  ['a line end cut in two', ['a\r', '\nb'], ['a', 'b']],
])('%s', async (_, chunks, lines) => {
  expect(await linesOf(...chunks)).toEqual(lines);
});

test('bytes that are no UTF-8 stay as they are', async () => {
  const rubbish = Buffer.from([0xff, 0xfe, 0x00, 0xc3]);
  const { value } = await readLines(streamOf(rubbish, '\n')).next();
  expect(value).toEqual([rubbish]);
});

test('lines are handed on as they come, not at the end', async () => {
  const reader = readLines(streamOf('a\nb\nc', 'c\n'));
  expect(String((await reader.next()).value)).toBe('a,b');
  expect(String((await reader.next()).value)).toBe('cc');
});

test.each([
  ['{"userId":"u1","anonymousId":"a1"}', 'u1'],
  ['{"anonymousId":"a1"}', 'a1'],
  ['{"userId":"","anonymousId":"a1"}', 'a1'],
  ['{"userId":42}', '42'],
  ['{"userId":null}', null],
  ['{"event":"Order Completed"}', null],
  ['{"userId":{"id":1}}', null],
  ['[]', null],
  ['null', null],
  ['no JSON', null],
])('the key of %s', (line, key) => {
  expect(keyOfLine(Buffer.from(line))).toBe(key);
});
