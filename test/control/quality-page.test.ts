import { describe, expect, test } from '@jest/globals';
import { partFrom, qualityPage } from '#control/pages/quality.ts';
import { NO_NAMES } from '#core/pixel-names.ts';
import type { QualityFailure } from '#core/quality/dataset-quality.ts';
import { applyAnswer, dayOf, type QualityRecord } from '#core/quality/record.ts';
import { type QualityReport, qualityReport } from '#core/quality/report.ts';
import { eventQuality } from '#test/support/event-quality.ts';
import { HOSTILE, NOW } from './facts.ts';

const RULE = { criticalPercentage: 50, ignoredDiagnostics: [] };
const DIAGNOSTIC = {
  name: 'Server sending mismatched IP addresses',
  description: 'They differ from those of the pixel.',
  solution: 'Send those of the customer.',
  percentage: 61.5,
  affected: 19567,
  total: 31830,
};

const told = (change = {}): QualityRecord =>
  applyAnswer(null, { ok: true, events: [eventQuality(change)] }, NOW - 120_000, 1);

function failed(change: Partial<QualityFailure> = {}): QualityRecord {
  const failure = {
    kind: 'refused',
    code: 10,
    subcode: null,
    message: 'No permission',
    waitMs: null,
  };
  return applyAnswer(
    told(),
    { ok: false, failure: { ...failure, ...change } as QualityFailure },
    NOW,
    1,
  );
}

function report(record: QualityRecord | null, em: number | null = 40): QualityReport {
  const sent = em === null ? null : { events: 100, fields: new Map([['em', em]]) };
  return qualityReport({ pixelId: '201', record, sent, rule: RULE, now: NOW });
}

const shown = (reports: readonly QualityReport[], enabled = true): string =>
  qualityPage({ reports, part: partFrom([], null), enabled, now: NOW, names: NO_NAMES }).body.text;

describe('the page shows', () => {
  test.each<[string, string, string]>([
    ['when Meta said it', shown([report(told())]), 'As of <time'],
    ['the score', shown([report(told())]), '<span class="state good">8.2</span>'],
    ['a poor score', shown([report(told({ score: 3.1 }))]), '<span class="state bad">3.1</span>'],
    ['the coverage and its goal', shown([report(told())]), '34.1 % <span class="muted">goal 75'],
    ['how often events arrive', shown([report(told())]), '>real time<'],
    ['what was queued', shown([report(told())]), 'data-label="email">40 %'],
    ['what Meta found', shown([report(told())]), 'data-label="email">62 %'],
    [
      'nothing where nothing was counted',
      shown([report(told(), null)]),
      'data-label="email"><span',
    ],
    ['how many events were queued', shown([report(told())]), 'we queued 100 events'],
    ['an issue', shown([report(told({ diagnostics: [DIAGNOSTIC] }))]), '19,567 of 31,830'],
    ['that it is critical', shown([report(told({ diagnostics: [DIAGNOSTIC] }))]), 'bad">critical<'],
    ['what to send', shown([report(told())]), '<code>context.traits.email</code>'],
    ['what it would bring', shown([report(told())]), '>59 %'],
    ['why Meta refuses', shown([report(failed())]), 'Meta refuses to tell it'],
    ['with the code', shown([report(failed())]), '(code 10): No permission. <strong>'],
    ['and what to do', shown([report(failed())]), 'Generate the token in Events Manager'],
    ['the last answer all the same', shown([report(failed())]), '>8.2</span>'],
    [
      'a wait',
      shown([report(failed({ kind: 'throttled', code: 4 }))]),
      'Meta throttles the question',
    ],
    [
      'no answer',
      shown([report(failed({ kind: 'unavailable', code: null }))]),
      'could not be asked',
    ],
    ['that Meta was never asked', shown([report(null)]), 'Meta has said nothing of it yet'],
    ['that control does not ask', shown([report(null)], false), 'control.quality.enabled: true'],
    ['a dataset without events', shown([report(told({}))].slice(1)), 'No pixel is configured'],
    ['the command', shown([]), 'capi-relay quality<'],
  ])('%s', (_, text, words) => {
    expect(text).toContain(words);
  });

  test('that Meta knows of no events', () => {
    const none = applyAnswer(null, { ok: true, events: [] }, NOW, 1);
    expect(shown([report(none)])).toContain('Meta knows of no events of a website');
  });

  test('a score that fell', () => {
    const days = [8, 8, 8].map((score, index) => ({ day: dayOf(NOW) - 3 + index, score }));
    const history = [{ eventName: 'Purchase', days }];
    const text = shown([report({ ...told({ score: 7 }), history })]);
    expect(text).toContain('<span class="state warn">7.0</span>');
    expect(text).toContain('data-label="Usual">8.0<');
  });

  test('nothing about a switch that is on', () => {
    expect(shown([report(told())])).not.toContain('control.quality.enabled');
  });
});

test('whatever Meta says is escaped', () => {
  const matchKeys = [{ key: HOSTILE, coverage: 1, potential: 2 }];
  const diagnostics = [{ ...DIAGNOSTIC, name: HOSTILE, description: HOSTILE, solution: HOSTILE }];
  const change = { eventName: HOSTILE, uploadFrequency: HOSTILE, matchKeys, diagnostics };
  const text = shown([report(told(change)), report(failed({ message: HOSTILE }))]);
  expect(text).toContain('&lt;script&gt;');
  expect(text).not.toContain('<script>');
});

describe('of a thousand pixels, a page', () => {
  const ids = Array.from({ length: 1000 }, (_, at) => String(at + 1));
  const pageFrom = (from: string | null) => {
    const part = partFrom(ids, from);
    const reports = part.pixelIds.map((pixelId) => ({ ...report(told()), pixelId }));
    return qualityPage({ reports, part, enabled: true, now: NOW, names: NO_NAMES }).body.text;
  };
  const shownIn = (text: string) =>
    Array.from(text.matchAll(/<h2 id="p(\d+)">/g), ([, id]) => Number(id));

  test.each<[string, string | null, number, string[]]>([
    ['without a start shows the first', null, 1, ['from=21" rel="next']],
    ['in the middle leads both ways', '41', 41, ['from=21" rel="prev', 'from=61" rel="next']],
    ['near the start goes back to it', '5', 5, ['from=1" rel="prev', 'from=25" rel="next']],
    ['of a pixel that was removed starts again', 'gone', 1, ['from=21" rel="next']],
  ])('%s', (_, from, first, links) => {
    const text = pageFrom(from);
    expect(shownIn(text)).toEqual(Array.from({ length: 20 }, (_each, at) => first + at));
    expect(text).toContain(`Pixels ${first} to ${first + 19} of 1,000.`);
    expect(text.match(/from=\d+" rel="\w+/g)).toEqual(links);
  });

  test('at the end leads nowhere else', () => {
    const text = pageFrom('981');
    expect(shownIn(text).at(-1)).toBe(1000);
    expect(text).not.toContain('rel="next"');
  });
});
