/** One version of the Graph API. Days are ISO dates in UTC. */
interface GraphVersion {
  readonly version: string;
  readonly released: string;
  /** The day from which Meta no longer serves it; null where Meta has not announced one. */
  readonly ends: string | null;
}

/**
 * The versions that this release knows, the oldest first. The Conversions API follows the schedule of
 * the Graph API, not the shorter one of the Marketing API.
 * Sources: https://developers.facebook.com/documentation/development/graph-api/changelog, "Available
 * Graph API Versions" (updated 29 October 2026);
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api: "Our release
 * cycle is aligned with the Graph API, so every version is supported for at least two years."
 */
export const GRAPH_VERSIONS: readonly GraphVersion[] = [
  { version: 'v16.0', released: '2023-02-02', ends: '2025-05-14' },
  { version: 'v17.0', released: '2023-05-23', ends: '2025-09-12' },
  { version: 'v18.0', released: '2023-09-12', ends: '2026-01-26' },
  { version: 'v19.0', released: '2024-01-23', ends: '2026-05-21' },
  { version: 'v20.0', released: '2024-05-21', ends: '2026-09-24' },
  { version: 'v21.0', released: '2024-10-02', ends: '2027-01-21' },
  { version: 'v22.0', released: '2025-01-21', ends: '2027-05-20' },
  { version: 'v23.0', released: '2025-05-29', ends: '2027-10-08' },
  { version: 'v24.0', released: '2025-10-08', ends: '2028-02-18' },
  { version: 'v25.0', released: '2026-02-18', ends: '2028-07-29' },
  { version: 'v26.0', released: '2026-07-29', ends: null },
  { version: 'v27.0', released: '2026-11-04', ends: null },
];

export const NEWEST_GRAPH_VERSION = GRAPH_VERSIONS.at(-1)?.version ?? '';

/** "Every version is supported for at least two years." */
const LEAST_YEARS = 2;

/** When Meta stops serving a version. */
export interface VersionEnd {
  /** Unix ms: the start of the day in UTC. */
  readonly at: number;
  /** False for the earliest day possible, where Meta has not announced one. */
  readonly announced: boolean;
}

/**
 * The end of a version; null for one that this release does not know, because it is newer. Versions
 * older than the table have ended with its first row, or before.
 */
export function versionEnd(version: string): VersionEnd | null {
  const row = GRAPH_VERSIONS.find((known) => known.version === version) ?? olderThanAll(version);
  if (row === null) return null;
  if (row.ends !== null) return { at: Date.parse(row.ends), announced: true };
  const earliest = new Date(row.released);
  earliest.setUTCFullYear(earliest.getUTCFullYear() + LEAST_YEARS);
  return { at: earliest.getTime(), announced: false };
}

function olderThanAll(version: string): GraphVersion | null {
  const [first] = GRAPH_VERSIONS;
  return first !== undefined && isNewer(first.version, version) ? first : null;
}

/** Whether a version such as `v25.0` is newer than another. */
export function isNewer(version: string, than: string): boolean {
  return Number.parseFloat(version.slice(1)) > Number.parseFloat(than.slice(1));
}

/** The versions that Meta serves, the newest last. @param now Unix ms */
export function servedVersions(now: number): string[] {
  return GRAPH_VERSIONS.filter(({ ends }) => ends === null || now < Date.parse(ends)).map(
    ({ version }) => version,
  );
}
