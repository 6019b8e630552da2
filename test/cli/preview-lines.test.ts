import { Readable, Writable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { inUtf8 } from '#cli/lines.ts';
import { answerLines } from '#cli/preview/lines.ts';
import { createJsonPreview } from '#cli/preview/previews.ts';
import { generateMessages } from '#cli/produce/generator.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { hashRecord, writeBody, writeRecord } from '#core/record/record.ts';
import { TRACK_EVENT_TIME } from '#test/support/track-event.ts';

const NOW = TRACK_EVENT_TIME;
const preview = createJsonPreview({ configuration: null, now: NOW, clock: () => NOW });

/** Traffic of some shops, bad messages among it. */
function traffic(count: number): string[] {
  const sources = ['shop-eu', 'shop-us', 'shop-jp'];
  const generator = generateMessages({ seed: 'bytes', startMs: NOW, sources, badShare: 0.05 });
  return generator.take(count).map(({ value }) => value.toString());
}

/** The answers to chunks of bytes, by a preview that shortens them. */
async function answers(chunks: readonly (string | Buffer)[], longest?: number): Promise<string[]> {
  let text = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const input = Readable.from(chunks.map((chunk) => Buffer.from(chunk as string)));
  const shortened = (line: string | null): string => {
    const { outcome, reason, message } = JSON.parse(preview(line)) as Record<string, string>;
    return `${reason ?? outcome}: ${message}\n`;
  };
  await answerLines(input, shortened, output, longest);
  return text.split('\n').slice(0, -1);
}

test('the event is byte for byte what the worker writes into its request', () => {
  const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '0' });
  const kafka = { offset: 7, timestamp: NOW };
  const previewed: string[] = [];
  const records = traffic(3000).flatMap((line) => {
    const shown = /^\{"outcome":"deliver","pixelId":"0","event":(.*),"warnings":\[.*\]\}\n$/.exec(
      preview(line),
    );
    if (shown === null) return [];
    previewed.push(shown[1] ?? '');
    const result = map(JSON.parse(line), NOW);
    if (result.outcome !== 'deliver') throw new Error('preview delivers what ingest does not');
    return [hashRecord(Buffer.from(writeRecord(result.event, kafka, 0)))];
  });
  expect(records.length).toBeGreaterThan(2500);
  expect(writeBody(records, '').toString()).toBe(`{"data":[${previewed.join()}]}`);
});

describe('lines that are none', () => {
  test.each([
    ['an empty one', '\n', 'the line is empty'],
    ['spaces', '  \r\n', 'the line is empty'],
    ['a carriage return alone', '\r\n', 'the line is empty'],
    ['half an event', '{"event":"x"', 'the line is not JSON'],
    ['binary', Buffer.from([0xff, 0x00, 0x80, 0x0a]), 'not UTF-8 text'],
    ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), 'not UTF-8 text'],
    ['compressed', Buffer.from([0x1f, 0x8b, 0x08, 0x00]), 'not UTF-8 text'],
  ])('%s', async (_case, input, words) => {
    const [answer] = await answers([input]);
    expect(answer).toMatch(/^invalid_event: /);
    expect(answer).toContain(words);
  });
});

describe('a line that is longer than any event', () => {
  const LONGEST = 100;
  const long = 'x'.repeat(LONGEST + 1);
  const good = '{"type":"identify"}';

  test.each([
    ['at the end', [`${good}\n${long}`]],
    ['at the beginning', [`${long}\n${good}`]],
    ['in pieces', [good, '\n', long.slice(0, 60), long.slice(60), long]],
    ['in pieces that end in another line', [long.slice(0, 60), long, `${long}\n${good}\n`]],
  ])('is refused and not held: %s', async (_case, chunks) => {
    const found = (await answers(chunks, LONGEST)).map((answer) => answer.split(':', 1)[0]);
    expect(found.toSorted()).toEqual(['not_track', 'too_large']);
  });

  test('one of just that length is read', async () => {
    const line = `${good.slice(0, -1)},"a":"`.padEnd(LONGEST - 3, 'x').concat('"}\n');
    expect(await answers([line, line], LONGEST)).toHaveLength(2);
    expect((await answers([line], LONGEST))[0]).toMatch(/^not_track/);
  });
});

test.each(['', '{"a":1}', '“ä”\n\u{1f600}\n'])('UTF-16 arrives as UTF-8: %j', async (text) => {
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  for (const bytes of [little, Buffer.from(little).swap16()]) {
    for (const size of [1, 3, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const read = await Readable.from(inUtf8(Readable.from(chunks))).toArray();
      expect(Buffer.concat(read).toString('utf8')).toBe(text);
    }
  }
});

test.each(['', 'x', '\ufeff{"a":"ä"}\n'])('UTF-8 arrives unchanged: %j', async (text) => {
  const read = await Readable.from(
    inUtf8(Readable.from([...Buffer.from(text)].map((byte) => Buffer.of(byte)))),
  ).toArray();
  expect(Buffer.concat(read).toString('utf8')).toBe(text);
});
