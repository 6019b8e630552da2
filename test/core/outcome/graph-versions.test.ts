import { describe, expect, test } from '@jest/globals';
import {
  GRAPH_VERSIONS,
  NEWEST_GRAPH_VERSION,
  servedVersions,
  versionEnd,
} from '#core/outcome/graph-versions.ts';

describe('the table of versions', () => {
  test('rises, and each version ends two years or more after its release', () => {
    for (const [index, { version, released, ends }] of GRAPH_VERSIONS.entries()) {
      const before = GRAPH_VERSIONS[index - 1];
      if (before !== undefined) {
        expect(Date.parse(released)).toBeGreaterThan(Date.parse(before.released));
        expect(Number(version.slice(1))).toBe(Number(before.version.slice(1)) + 1);
      }
      if (ends === null) continue;
      const years = (Date.parse(ends) - Date.parse(released)) / (365 * 86_400_000);
      expect(years).toBeGreaterThan(2);
    }
    expect(NEWEST_GRAPH_VERSION).toBe('v27.0');
  });
});

describe('the end of a version', () => {
  test.each<[string, string, boolean]>([
    ['v21.0', '2027-01-21', true],
    ['v25.0', '2028-07-29', true],
    ['v26.0', '2028-07-29', false],
    ['v27.0', '2028-11-04', false],
    ['v3.3', '2025-05-14', true],
  ])('%s', (version, day, announced) => {
    expect(versionEnd(version)).toEqual({ at: Date.parse(day), announced });
  });

  test('is not known of a version that is newer than the release', () => {
    expect(versionEnd('v99.0')).toBeNull();
  });
});

describe('the versions that Meta serves', () => {
  test.each<[string, string]>([
    ['2026-09-23T23:59:59Z', 'v20.0'],
    ['2026-09-24T00:00:00Z', 'v21.0'],
    ['2026-11-27T12:00:00Z', 'v21.0'],
    ['2027-01-21T00:00:00Z', 'v22.0'],
    ['2040-01-01T00:00:00Z', 'v26.0'],
  ])('at %s the oldest is %s', (at, oldest) => {
    const served = servedVersions(Date.parse(at));
    expect([served[0], served.at(-1)]).toEqual([oldest, 'v27.0']);
  });
});
