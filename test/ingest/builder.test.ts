import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { IntakeBuilder } from '#ingest/intake/builder.ts';
import { openEnvelope } from '#store/intake/envelope.ts';
import { createSealer } from '#store/sealing.ts';
import { MOST_LINKS } from '#tracing/tracing.ts';

const sealer = createSealer('k', [{ id: 'k', key: randomBytes(32) }]);

const NONE = { consumed: 0, filtered: 0, dead: 0, queued: 0, parked: 0 };

function building(size = { maxEvents: 100, maxBytes: 1_000_000 }) {
  const closed: string[] = [];
  const envelope = (...facts: unknown[]): void => void closed.push(facts.join());
  return { builder: new IntakeBuilder(sealer, size, { envelope }, 'r'), closed };
}

const at = (offset: number, partition = 0) => ({ topic: 't', partition, offset, timestamp: 9 });

const event = {
  plain: { event_name: 'Lead', event_time: 1, action_source: 'website', user_data: {} },
  personal: {},
} as const;

/** Adds an event of partition `partition` for a pixel. */
function add(
  builder: IntakeBuilder,
  offset: number,
  { pixel = '1', partition = 0, trace = null as string | null } = {},
) {
  const kafka = at(offset, partition);
  builder.addRecord(pixel, builder.recordOf(event, kafka, trace), kafka, trace);
}

describe('steps of a partition', () => {
  test('are one from where the last intake ended to the newest message', () => {
    const { builder } = building();
    builder.step('t', 0, { from: 3, next: 5, topicId: 'a' });
    builder.step('t', 0, { from: 5, next: 9, topicId: 'a' });
    builder.step('t', 1, { from: null, next: 2, topicId: null });
    expect(builder.build('linger')?.steps).toEqual([
      { topic: 't', partition: 0, from: 3, to: 9, topicId: 'a' },
      { topic: 't', partition: 1, from: null, to: 2, topicId: null },
    ]);
  });

  test('are an intake even without an event', () => {
    const { builder } = building();
    builder.step('t', 0, { from: 3, next: 5, topicId: null });
    expect(builder.build('linger')).toMatchObject({ envelopes: [], deadLetters: [] });
    expect(builder.build('linger')).toBeNull();
  });
});

test('an envelope is closed when its bytes are reached, and others stay open', () => {
  const { builder, closed } = building({ maxEvents: 100, maxBytes: 200 });
  for (let offset = 0; closed.length === 0; offset += 1) add(builder, offset);
  add(builder, 90, { pixel: '2' });
  expect(closed).toEqual([expect.stringMatching(/^1,\d+,bytes$/)]);
  builder.step('t', 0, { from: 0, next: 91, topicId: null });
  builder.build('stop');
  expect(closed.at(-1)).toBe('2,1,stop');
});

test('bytes and messages start again from zero with each intake, as do traces', () => {
  const { builder } = building();
  builder.messages = 1;
  add(builder, 0, { trace: 'x' });
  expect(builder.bytes).toBeGreaterThan(0);
  expect(builder.traces).toEqual(['x']);
  builder.step('t', 0, { from: 0, next: 1, topicId: null });
  builder.build('linger');
  expect([builder.messages, builder.bytes, builder.traces]).toEqual([0, 0, []]);
});

test('no more traces are kept than a span links', () => {
  const { builder } = building({ maxEvents: 1000, maxBytes: 1_000_000 });
  for (let offset = 0; offset < MOST_LINKS + 5; offset += 1) add(builder, offset, { trace: 'x' });
  expect(builder.traces).toHaveLength(MOST_LINKS);
});

test('an envelope names each source of its records once', () => {
  const { builder } = building();
  for (const partition of [4, 7, 4]) add(builder, 1, { partition });
  builder.step('t', 4, { from: 1, next: 2, topicId: null });
  const [envelope] = builder.build('linger')?.envelopes ?? [];
  const data = envelope?.data ?? { n: 0, d: '' };
  const opened = openEnvelope(sealer, { pixelId: '1', id: envelope?.id ?? '' }, data);
  expect(opened.sources).toEqual([
    ['t', 4],
    ['t', 7],
  ]);
  expect(opened.lines).toHaveLength(3);
});

test('a ledger counts each event once, whatever became of it', () => {
  const { builder } = building();
  add(builder, 0);
  builder.countFiltered('1', 'not_track');
  builder.countFiltered(null, 'no_pixel');
  builder.step('t', 0, { from: 0, next: 3, topicId: null });
  expect([...(builder.build('linger')?.counts.values() ?? [])]).toEqual([
    { ...NONE, consumed: 2, filtered: 1, queued: 1, reasons: new Map([['not_track', 1]]) },
    { ...NONE, consumed: 1, filtered: 1, reasons: new Map([['no_pixel', 1]]) },
  ]);
});
