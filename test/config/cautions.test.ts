import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cautionsOf } from '#config/cautions.ts';
import { ConfigurationFolder, MINIMAL, withPixel } from './configuration-folder.ts';

const TODAY = Date.parse('2026-11-27T12:00:00Z');

let folder: ConfigurationFolder;
beforeAll(async () => {
  folder = await ConfigurationFolder.make();
});
afterAll(() => folder.remove());

test('of the shortest configuration nothing is said', async () => {
  expect(cautionsOf(await folder.load(MINIMAL), TODAY)).toEqual([]);
});

describe('the version of the Graph API', () => {
  const of = async (version: string, now: number) =>
    cautionsOf(await folder.load({ ...MINIMAL, graphApi: { version } }), now);

  test.each<[string, string, string, string]>([
    ['ends within 60 days', 'v21.0', '2026-11-27T12:00:00Z', 'ends on 2027-01-21 (55 days left)'],
    ['ends tomorrow', 'v21.0', '2027-01-20T12:00:00Z', 'ends on 2027-01-21 (1 day left)'],
    ['may end', 'v27.0', '2028-11-01T00:00:00Z', 'version v27.0 may end from 2028-11-04 on'],
    ['may have ended', 'v27.0', '2029-01-01T00:00:00Z', 'version v27.0 may end from 2028-11-04'],
    ['is newer than the release', 'v99.0', '2026-11-27T12:00:00Z', 'does not know version v99.0'],
  ])('is warned of when it %s', async (_, version, now, problem) => {
    expect(await of(version, Date.parse(now))).toEqual([
      {
        level: 'warning',
        subject: 'graphApi',
        problem: expect.stringContaining(problem),
        fix: expect.stringContaining('v27.0'),
      },
    ]);
  });

  test.each<[string, string, string]>([
    ['v21.0', '2027-01-21T00:00:00Z', 'since 2027-01-21'],
    ['v20.0', '2026-11-27T12:00:00Z', 'since 2026-09-24'],
    ['v2.12', '2026-11-27T12:00:00Z', 'no longer serves version v2.12'],
  ])('is a failure once it has ended: %s at %s', async (version, now, problem) => {
    expect(await of(version, Date.parse(now))).toMatchObject([
      { level: 'failure', problem: expect.stringContaining(problem) },
    ]);
  });

  test('is silent 61 days before its end', async () => {
    expect(await of('v21.0', Date.parse('2026-11-21T00:00:00Z'))).toEqual([]);
  });
});

describe('the version of a canary', () => {
  const of = async (version: string, canary: string, now: string) =>
    cautionsOf(
      await folder.load({ ...MINIMAL, graphApi: { version, canary: { version: canary } } }),
      Date.parse(now),
    );

  test.each<[string, string, string, string, string]>([
    ['ends soon', 'v21.0', '2026-11-27T12:00:00Z', 'v21.0 ends on 2027-01-21', 'remove'],
    ['has ended', 'v20.0', '2026-11-27T12:00:00Z', 'v20.0 (since 2026-09-24)', 'remove'],
    ['may end', 'v26.0', '2028-07-20T00:00:00Z', 'v26.0 may end from', 'remove'],
  ])('is warned of when it %s, whatever that of the rest', async (_, canary, now, problem, fix) => {
    const cautions = await of('v27.0', canary, now);
    expect(cautions).toEqual([
      {
        level: 'warning',
        subject: 'graphApi.canary',
        problem: expect.stringContaining(problem),
        fix: `${fix} graphApi.canary, and restart the workers`,
      },
    ]);
  });

  test('may be a newer one, which the fix names', async () => {
    const [caution] = await of('v26.0', 'v21.0', '2026-11-27T12:00:00Z');
    expect(caution?.fix).toMatch(/^set its version to v27\.0, or remove graphApi\.canary/);
  });

  test.each(['v27.0', 'v99.0'])('says nothing of %s, which is new', async (canary) => {
    expect(await of('v26.0', canary, '2026-11-27T12:00:00Z')).toEqual([]);
  });
});

describe('a test event code', () => {
  test('is warned of: its events are live', async () => {
    const [caution, ...others] = cautionsOf(
      await folder.load(withPixel({ testEventCode: 'TEST1' })),
      TODAY,
    );
    expect(others).toEqual([]);
    expect(caution).toMatchObject({ level: 'warning', subject: 'testEventCode' });
    expect(caution?.problem).toMatch(/pixel 1: .*targeting and measurement like any others/);
  });

  test('of a rule is warned of too', async () => {
    const when = { path: 'event', equals: 'A' };
    const rules = (...codes: (string | null)[]) =>
      codes.map((testEventCode) => ({ when, eventName: 'Lead', testEventCode }));
    const of = async (...codes: (string | null)[]) =>
      cautionsOf(await folder.load(withPixel({ eventRules: rules(...codes) })), TODAY);
    expect(await of(null, null)).toEqual([]);
    expect(await of(null, 'TEST1')).toMatchObject([
      {
        level: 'warning',
        subject: 'eventRules',
        problem: expect.stringMatching(
          /for pixel 1: .*that rule.*targeting and measurement like any others/,
        ),
      },
    ]);
  });

  test('is one warning for a thousand pixels', async () => {
    const pixels = Array.from({ length: 1000 }, (_, index) => ({
      ...MINIMAL.pixels[0],
      pixelId: String(index + 1),
      testEventCode: index < 7 ? 'TEST1' : null,
    }));
    const cautions = cautionsOf(await folder.load({ ...MINIMAL, pixels }), TODAY);
    expect(cautions.map(({ problem }) => problem)).toEqual([
      expect.stringContaining('pixel 1, 2, 3, 4, 5 and 2 more'),
    ]);
  });
});
