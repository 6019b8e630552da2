import { describe, expect, test } from '@jest/globals';
import { ACTION_SOURCES, HASHED_FIELDS } from '#core/event/server-event.ts';
import { WARNING_CODES } from '#core/event/warning.ts';
import { FILTER_REASONS, REJECT_REASONS } from '#core/mapping/mapping-result.ts';
import { USER_DATA } from '#core/user-data/table.ts';
import { messageOf } from '#sandbox/validator/fault.ts';
import { validateRequest } from '#sandbox/validator/validate.ts';
import { type Case, readCases } from './corpus/cases.ts';
import { isJson, type Json } from './corpus/json-data.ts';
import { actualOf, expectedOf } from './corpus/outcome.ts';

const CASES = readCases();
const SUBJECTS = [...new Set(CASES.map(({ subject }) => subject))];
const of = (subject: string): readonly Case[] => CASES.filter((each) => each.subject === subject);

const FEWEST_CASES = 1100;
const SOURCE = /^(?:Segment|Meta|Library|Real life): \S/;
const SENTENCE = /^\S.{10,}[.!?]"?$/;
const SHA256 = /^[0-9a-f]{64}$/;

describe.each(SUBJECTS)('%s', (subject) => {
  test.each(of(subject))('$name', (each) => {
    expect(actualOf(each)).toEqual(expectedOf(each));
  });
});

test('the sandbox accepts whatever a case says is delivered', () => {
  for (const each of CASES) {
    const data = expectedOf(each).becomes.filter(isJson);
    if (data.length === 0) continue;
    const options = {
      now: Date.parse(each.now) / 1000,
      requireWebsiteContext: false,
      allowPersonalData: each.settings['customDataAllowList'] !== undefined,
    };
    const judgement = validateRequest({ data }, options);
    const fault = judgement.accepted ? null : messageOf(judgement.fault, 0, 'always');
    expect({ name: each.name, fault }).toEqual({ name: each.name, fault: null });
  }
});

describe('the corpus', () => {
  const events = CASES.flatMap(({ becomes }) => becomes).filter(isJson);

  test('is large enough', () => expect(CASES.length).toBeGreaterThanOrEqual(FEWEST_CASES));

  test.each(SUBJECTS)('%s: names are unique, each with a source and a reason', (subject) => {
    const names = of(subject).map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    for (const { name, source, reason } of of(subject)) {
      expect({ name, source }).toEqual({ name, source: expect.stringMatching(SOURCE) });
      expect({ name, reason }).toEqual({ name, reason: expect.stringMatching(SENTENCE) });
    }
  });

  test('has every reason for leaving an event out, and every one for refusing it', () => {
    const outcomes = new Set<unknown>(CASES.flatMap(({ becomes }) => becomes));
    for (const reason of FILTER_REASONS) expect(outcomes).toContain(`filter ${reason}`);
    // What a schema cannot read never comes to the mapping; test/registry has its cases.
    const refused = REJECT_REASONS.filter((reason) => reason !== 'undecodable');
    for (const reason of refused) expect(outcomes).toContain(`reject ${reason}`);
  });

  test('has every warning', () => {
    const codes = new Set(
      CASES.flatMap(({ warnings }) => warnings.map((one) => one.split(' ')[0])),
    );
    expect(WARNING_CODES.filter((code) => !codes.has(code))).toEqual([]);
  });

  test('has every field of user_data and every action source', () => {
    const fields = new Set(events.flatMap(({ user_data: user }) => Object.keys(user as Json)));
    const known = [...HASHED_FIELDS, ...USER_DATA.map(({ field }) => field)];
    expect(known.filter((field) => !fields.has(field))).toEqual([]);
    const sources = new Set(events.map(({ action_source: source }) => source));
    expect(ACTION_SOURCES.filter((source) => !sources.has(source))).toEqual([]);
  });

  test('has hashes that others published or made', () => {
    const published = events
      .flatMap(({ user_data: user }) => Object.values(user as Json).flat())
      .filter((value) => typeof value === 'string' && SHA256.test(value));
    expect(new Set(published).size).toBeGreaterThan(12);
  });
});
