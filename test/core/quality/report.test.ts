import { describe, expect, test } from '@jest/globals';
import {
  type EventQuality,
  failureAdvice,
  type QualityDiagnostic,
} from '#core/quality/dataset-quality.ts';
import { figuresOf, severityOf } from '#core/quality/findings.ts';
import {
  matchAdvice,
  missingFields,
  type SentFields,
  shareSent,
} from '#core/quality/match-advice.ts';
import { applyAnswer } from '#core/quality/record.ts';
import { qualityReport } from '#core/quality/report.ts';
import { eventQuality } from '#test/support/event-quality.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const RULE = { criticalPercentage: 50, ignoredDiagnostics: ['Move to IPv6'] };

function diagnostic(change: Partial<QualityDiagnostic> = {}): QualityDiagnostic {
  return {
    name: 'Server sending mismatched IP addresses',
    description: 'They differ.',
    solution: 'Send those of the customer.',
    percentage: 61.5,
    affected: 615,
    total: 1000,
    ...change,
  };
}

function sent(events: number, fields: Record<string, number>): SentFields {
  return { events, fields: new Map(Object.entries(fields)) };
}

test.each([
  ['website' as const, ['fbc', 'fbp', 'client_ip_address', 'client_user_agent']],
  ['business_messaging' as const, []],
])('what would help an event of %s is what it may have', (action_source, ofBrowser) => {
  const plain = { action_source, event_name: 'Purchase', event_time: 1, user_data: {} };
  const missing = missingFields({ plain, personal: {} }).flatMap(([, fields]) => fields);
  expect(missing.filter((field) => /^(fb|client)/.test(field))).toEqual(ofBrowser);
  expect(missing).toContain('em');
});

describe('a diagnostic', () => {
  test.each([
    ['that affects many events is critical', {}, 'critical'],
    ['at the limit too', { percentage: 50 }, 'critical'],
    ['that affects few is a notice', { percentage: 49.9 }, 'notice'],
    ['that does not say how many is a notice', { percentage: null }, 'notice'],
    ['that is ignored is a notice, in any case', { name: 'move to ipv6' }, 'notice'],
  ])('%s', (_, change, expected) => {
    expect(severityOf(diagnostic(change), RULE)).toBe(expected);
  });
});

describe('the figures by label', () => {
  const figures = (events: readonly EventQuality[]) => figuresOf(events, RULE);

  test('are ratios, and count diagnostics by severity', () => {
    const diagnostics = [diagnostic(), diagnostic({ percentage: 1 })];
    expect(figures([eventQuality({ diagnostics })]).get('Purchase')).toEqual({
      score: 8.2,
      coverage: 0.341,
      realTime: 1,
      keys: new Map([
        ['email', 0.62],
        ['user_agent', 1],
      ]),
      diagnostics: { critical: 1, notice: 1 },
    });
  });

  test('of custom events are one, the worst of them', () => {
    const events = [
      eventQuality({ eventName: 'Quiz done', score: 3, coverage: null }),
      eventQuality({
        eventName: 'constructor',
        uploadFrequency: 'daily',
        diagnostics: [diagnostic()],
      }),
      eventQuality({ eventName: '__proto__', score: null }),
    ];
    const found = figures(events);
    expect([...found.keys()]).toEqual(['other']);
    expect(found.get('other')).toMatchObject({
      score: 3,
      coverage: 0.341,
      realTime: 0,
      diagnostics: { critical: 1, notice: 0 },
    });
  });

  test('of an identifier without a label are under `other`', () => {
    const matchKeys = [
      { key: 'first_name', coverage: 80, potential: null },
      { key: 'last_name', coverage: 20, potential: null },
      { key: 'zip', coverage: null, potential: null },
    ];
    expect(figures([eventQuality({ matchKeys })]).get('Purchase')?.keys).toEqual(
      new Map([['other', 0.2]]),
    );
  });
});

describe('what to send', () => {
  const places = (of: SentFields | null, events: readonly EventQuality[] = []) =>
    matchAdvice(of, events).map(({ place, share }) => [place, share]);
  const enough = {
    fbc: 95,
    ph: 95,
    external_id: 95,
    fbp: 95,
    client_ip_address: 95,
    client_user_agent: 95,
    fn: 95,
    ln: 95,
    db: 95,
    ct: 95,
    country: 95,
  };

  test('is what many events lack', () => {
    expect(places(sent(100, { ...enough, em: 62 }))).toEqual([['context.traits.email', 0.62]]);
    expect(places(sent(100, { ...enough, em: 90 }))).toEqual([]);
  });

  test('one of two fields is enough', () => {
    expect(places(sent(100, { ...enough, em: 95, ct: 0, zp: 95 }))).toEqual([]);
  });

  test('comes first where Meta expects most of it', () => {
    const matchKeys = [{ key: 'phone', coverage: 10, potential: 40 }];
    const [first, second] = matchAdvice(sent(100, {}), [eventQuality({ matchKeys })]);
    expect(first).toMatchObject({ place: 'context.traits.phone', potential: 40, share: 0 });
    expect(second).toMatchObject({ place: 'context.traits.email', potential: null });
  });

  test('is judged by what Meta found where nothing was counted', () => {
    expect(places(null, [eventQuality({})])).toEqual([['context.traits.email', 0.62]]);
    expect(places(sent(0, {}), [eventQuality({})])).toEqual([['context.traits.email', 0.62]]);
    expect(places(null)).toEqual([]);
  });

  test('a share is never more than all', () => {
    expect(shareSent(sent(10, { em: 30 }), 'em')).toBe(1);
    expect(shareSent(sent(10, {}), '__proto__')).toBe(0);
  });
});

test.each([
  [{ kind: 'throttled', code: 4 }, 'asked again later'],
  [{ kind: 'refused', code: 190 }, 'new access token'],
  [{ kind: 'refused', code: 2635 }, 'graphApi.version'],
  [{ kind: 'refused', code: 100, subcode: 33 }, 'Correct pixelId'],
  [{ kind: 'refused', code: 100, subcode: 2_044_055 }, 'Correct pixelId'],
  [{ kind: 'refused', code: 10 }, 'ads_read'],
  [{ kind: 'refused', code: 100, message: 'Invalid appsecret_proof' }, 'Set appSecret'],
  [{ kind: 'refused', code: 100, message: '(#100) Missing Permission' }, 'ads_read'],
  [{ kind: 'refused', code: 100 }, 'docs/quality.md'],
  [{ kind: 'unavailable', code: null }, 'graphApi.url'],
] as const)('%j says what to do', (change, words) => {
  const failure = { subcode: null, message: 'x', waitMs: null, ...change };
  expect(failureAdvice(failure)).toContain(words);
});

describe('the report of a pixel', () => {
  const report = (events: readonly EventQuality[], of: SentFields | null = null) =>
    qualityReport({
      pixelId: '1',
      record: applyAnswer(null, { ok: true, events }, NOW, 1),
      sent: of,
      rule: RULE,
      now: NOW,
    });

  test('has the lowest scores and the critical issues first', () => {
    const diagnostics = [diagnostic({ percentage: 1 }), diagnostic()];
    const { events } = report([
      eventQuality({ eventName: 'a', score: null }),
      eventQuality({ eventName: 'b', score: 9 }),
      eventQuality({ eventName: 'c', score: 2, diagnostics }),
    ]);
    expect(events.map(({ eventName }) => eventName)).toEqual(['c', 'b', 'a']);
    expect(events[0]?.diagnostics.map(({ severity }) => severity)).toEqual(['critical', 'notice']);
  });

  test('says what was sent, as shares', () => {
    const { sentEvents, sent: shares } = report([], sent(200, { em: 50 }));
    expect([sentEvents, shares.get('em')]).toEqual([200, 0.25]);
  });

  test('of one that was never asked for is empty', () => {
    const never = { pixelId: '1', record: null, sent: null, rule: RULE, now: NOW };
    expect(qualityReport(never)).toEqual({
      pixelId: '1',
      asOf: null,
      failure: null,
      events: [],
      sentEvents: null,
      sent: new Map(),
      advice: [],
    });
  });

  test('has the reason of a failure, when, and what to do', () => {
    const failure = {
      kind: 'refused',
      code: 190,
      subcode: null,
      message: 'x',
      waitMs: null,
    } as const;
    const record = applyAnswer(null, { ok: false, failure }, NOW - 5, 1);
    const shown = qualityReport({ pixelId: '1', record, sent: null, rule: RULE, now: NOW });
    expect(shown).toMatchObject({ asOf: null, failure: { at: NOW - 5, code: 190 } });
    expect(shown.failure?.advice).toContain('new access token');
  });
});
