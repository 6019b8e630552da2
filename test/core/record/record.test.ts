import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { NormalisedEvent } from '#core/event/server-event.ts';
import { STANDARD_EVENTS } from '#core/mapping/event-name.ts';
import {
  eventNameOf,
  hashRecord,
  readPlain,
  readRecord,
  rewriteRecord,
  sentBytes,
  sentJson,
  withReplays,
  withSource,
  writeBody,
  writeRecord,
} from '#core/record/record.ts';

const sha256 = (value: string) => createHash('sha256').update(value).digest('hex');
const KAFKA = { offset: 42, timestamp: 1_763_632_800_123 };

function event(
  userData: Record<string, unknown>,
  personal: NormalisedEvent['personal'],
): NormalisedEvent {
  return {
    plain: {
      event_name: 'Purchase',
      event_time: 1_763_632_800,
      event_id: 'tab\tand\nline 정 ☕',
      action_source: 'website',
      user_data: userData,
    },
    personal,
  };
}

const CASES: [string, NormalisedEvent][] = [
  [
    'personal and plain fields',
    event({ fbp: 'fb.1.2.3' }, { em: 'jane@example.com', fn: ['정', 'ü'] }),
  ],
  ['personal fields only', event({}, { em: 'jane@example.com' })],
  ['plain fields only', event({ client_ip_address: '192.0.2.1' }, {})],
  ['none at all', event({}, {})],
];

describe('a record', () => {
  test.each([...STANDARD_EVENTS, 'Kauf', ''])('tells the name of its event: %j', (name) => {
    const { plain, personal } = event({}, {});
    const line = writeRecord({ plain: { ...plain, event_name: name }, personal }, KAFKA, 0);
    expect(eventNameOf(hashRecord(Buffer.from(line)))).toBe(name);
  });

  test.each(CASES)('with %s is sent as the event would be', (_name, normalised) => {
    const line = writeRecord(normalised, KAFKA, 3);
    expect(line).not.toContain('\n');
    const record = hashRecord(Buffer.from(line));
    const text = record.head.toString() + record.tail;
    expect(text).toBe(sentJson(normalised));
    expect(sentBytes(record)).toBe(Buffer.byteLength(text));
    expect(record).toMatchObject({
      eventTime: 1_763_632_800,
      horizon: 1_763_632_800 + 7 * 86_400,
      kafkaTimestamp: KAFKA.timestamp,
      source: 3,
      offset: 42,
    });
    expect(readPlain(record.line)['event_id']).toBe('tab\tand\nline 정 ☕');
  });

  test.each([
    ['traced', 'trace-span'],
    ['not traced', null],
  ])('keeps the test event code of a rule, %s, also when it is replayed', (_name, trace) => {
    const tested = { ...event({}, {}), testEventCode: 'TEST-1' };
    const line = Buffer.from(writeRecord(tested, KAFKA, 0, trace));
    const facts = { testEventCode: 'TEST-1', trace, replays: 0 };
    expect(hashRecord(line)).toMatchObject(facts);
    const again = withSource(withReplays(line, 2), 4);
    expect(hashRecord(again)).toMatchObject({ ...facts, replays: 2, source: 4 });
    expect(hashRecord(line).head.toString()).not.toContain('TEST-1');
  });

  test('of an event without a code is the same as ever', () => {
    const line = writeRecord(event({}, {}), KAFKA, 3);
    expect(line.split('\t')[0]).toBe(`1763632800,604800,${KAFKA.timestamp},3,42`);
    expect(hashRecord(Buffer.from(line)).testEventCode).toBeNull();
  });

  test('hashes its personal fields, once', () => {
    const hashed = sha256('known already');
    const normalised = event({}, { em: 'jane@example.com', external_id: ['a', hashed] });
    const record = hashRecord(Buffer.from(writeRecord(normalised, KAFKA, 0)));
    const sent = JSON.parse(record.head.toString() + record.tail);
    expect(sent.user_data).toEqual({
      em: sha256('jane@example.com'),
      external_id: [sha256('a'), hashed],
    });
  });

  test.each(['', 'no columns', '1,2,3\tonly two'])('%j is none', (line) => {
    expect(() => hashRecord(Buffer.from(line))).toThrow('not a record');
  });
});

describe('a record of an event that is traced', () => {
  const [[, normalised] = ['', event({}, {})]] = CASES;
  const trace = `${'a'.repeat(32)}-${'b'.repeat(16)}`;
  const line = Buffer.from(writeRecord(normalised, KAFKA, 3, trace));

  test('keeps the trace through envelopes and replays, and stays the same event', () => {
    expect(hashRecord(line)).toMatchObject({ trace, replays: 0, offset: 42 });
    const again = withSource(withReplays(line, 2), 5);
    expect(hashRecord(again)).toMatchObject({ trace, replays: 2, source: 5 });
    expect(readRecord(again)).toEqual(normalised);
  });

  test('costs nothing where it is not traced', () => {
    const plain = writeRecord(normalised, KAFKA, 3);
    expect(hashRecord(Buffer.from(plain)).trace).toBeNull();
    expect(plain.split('\t')[0]?.split(',')).toHaveLength(5);
  });
});

describe('a record that is put back', () => {
  const [[, normalised] = ['', event({}, {})]] = CASES;
  const line = Buffer.from(writeRecord(normalised, KAFKA, 3));

  test('was never replayed unless it says so', () => {
    expect(hashRecord(line).replays).toBe(0);
  });

  test('counts its replays through envelopes, and stays the same event', () => {
    const again = withSource(withReplays(withReplays(line, 1), 2), 5);
    const record = hashRecord(again);
    expect(record).toMatchObject({ replays: 2, source: 5, offset: 42, eventTime: 1_763_632_800 });
    expect(record.head.toString() + record.tail).toBe(sentJson(normalised));
    expect(readRecord(again)).toEqual(normalised);
  });
});

describe('a record that a person edited', () => {
  const line = Buffer.from(writeRecord(event({}, { em: 'jane@example.com' }), KAFKA, 3));

  test('stays one JSON text, whatever the edit added or took out', () => {
    const { plain, personal } = readRecord(line);
    const { user_data: _user, ...withoutUser } = plain;
    for (const edited of [{ ...plain, opt_out: true }, withoutUser, { ...plain, user_data: 5 }]) {
      const record = hashRecord(rewriteRecord(line, { plain: edited, personal }));
      const sent = JSON.parse(record.head.toString() + record.tail);
      expect(sent).toMatchObject({ user_data: { em: sha256('jane@example.com') } });
      expect(sent.opt_out).toBe('opt_out' in edited ? true : undefined);
      expect(record).toMatchObject({ source: 3, offset: 42 });
    }
  });

  test('takes no column that is not an object', () => {
    const [facts = ''] = line.toString().split('\t');
    for (const columns of ['[]\t{"user_data":{}}', 'null\t{"user_data":{}}', '{}\t"text"']) {
      expect(() => readRecord(Buffer.from(`${facts}\t${columns}`))).toThrow('not a record');
    }
  });
});

describe('the body of a request', () => {
  const records = CASES.map(([, each]) => hashRecord(Buffer.from(writeRecord(each, KAFKA, 0))));

  test.each(['', ',"test_event_code":"TEST1","upload_tag":"Läden"'])(
    'holds every event, and what else the request says: %s',
    (members) => {
      const { data, ...others } = JSON.parse(writeBody(records, members).toString());
      expect(data).toEqual(CASES.map(([, each]) => JSON.parse(sentJson(each))));
      expect(others).toEqual(JSON.parse(`{${members.slice(1)}}`));
    },
  );

  test('of no events is still JSON', () => {
    expect(writeBody([], '').toString()).toBe('{"data":[]}');
  });
});
