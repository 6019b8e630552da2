import { NEWEST_GRAPH_VERSION, type VersionEnd, versionEnd } from '#core/outcome/graph-versions.ts';
import { plural } from '#core/text/format.ts';
import type { Configuration } from './configuration.ts';

/** Something in a valid configuration that a person should look at. */
export interface Caution {
  /** `failure`: nothing is delivered like this. */
  readonly level: 'warning' | 'failure';
  /** What it is about, such as `graphApi`. */
  readonly subject: string;
  readonly problem: string;
  readonly fix: string;
}

/**
 * What `check`, `status` and the log of each start say about a configuration that is valid.
 * @param now Unix ms
 */
export function cautionsOf(
  { graphApi, pixels }: Pick<Configuration, 'graphApi' | 'pixels'>,
  now: number,
): Caution[] {
  const { version, canary } = graphApi;
  return [
    ...versionCautions(version, now),
    ...(canary === null ? [] : canaryCautions(canary.version, version, now)),
    ...testCautions(pixels),
  ];
}

function warning(subject: string, problem: string, fix: string): Caution {
  return { level: 'warning', subject, problem, fix };
}

const DAY_MS = 86_400_000;

/** From how long before its end a version calls for attention; the alert has the same. */
const SOON_MS = 60 * DAY_MS;

const VERSION_FIX = `set graphApi.version to ${NEWEST_GRAPH_VERSION}, and restart the workers`;

function versionCautions(version: string, now: number): Caution[] {
  const end = versionEnd(version);
  const subject = 'graphApi';
  if (end === null) {
    const problem = `this release does not know version ${version}, nor when it ends`;
    return [warning(subject, problem, `use ${NEWEST_GRAPH_VERSION}, or upgrade capi-relay`)];
  }
  const found = ending(version, end, now);
  if (found === null) return [];
  const level = found.isOver ? 'failure' : 'warning';
  return [{ level, subject, problem: found.problem, fix: VERSION_FIX }];
}

/** What is to be said of a version that has ended or ends soon; null for any other. */
function ending(version: string, { at, announced }: VersionEnd, now: number) {
  const day = new Date(at).toISOString().slice(0, 10);
  if (announced && at <= now) {
    return { isOver: true, problem: `Meta no longer serves version ${version} (since ${day})` };
  }
  if (at > now + SOON_MS) return null;
  const left = `${plural(Math.max(Math.ceil((at - now) / DAY_MS), 0), 'day')} left`;
  const when = announced ? `ends on ${day} (${left})` : `may end from ${day} on`;
  return { isOver: false, problem: `version ${version} ${when}` };
}

/**
 * Never a failure: what the canary refuses goes to the configured version. One that is newer than this
 * release is what a canary is for.
 */
function canaryCautions(version: string, stable: string, now: number): Caution[] {
  const end = versionEnd(version);
  const found = end === null ? null : ending(version, end, now);
  if (found === null) return [];
  const problem = found.isOver ? `${found.problem}: everything goes to ${stable}` : found.problem;
  const other =
    stable === NEWEST_GRAPH_VERSION ? '' : `set its version to ${NEWEST_GRAPH_VERSION}, or `;
  const fix = `${other}remove graphApi.canary, and restart the workers`;
  return [warning('graphApi.canary', problem, fix)];
}

/** Pixels that are named one by one. */
const MOST_NAMED = 5;

const LIKE_ANY =
  'on the Test Events page, and uses them for targeting and measurement like any others';

/**
 * A code of a rule is sent as that of a pixel is, and means the same to Meta.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api:
 * "Events sent with test_event_code are not dropped. They flow into Events Manager and are used for
 * targeting and ads measurement purposes."
 */
function testCautions(pixels: Configuration['pixels']): Caution[] {
  const hasCode = (of: { readonly testEventCode: string | null }) => of.testEventCode !== null;
  const own = namesOf(pixels.filter(hasCode));
  const ofRules = namesOf(pixels.filter(({ eventRules }) => eventRules.some(hasCode)));
  const ofPixel = warning(
    'testEventCode',
    `is set for pixel ${own}: Meta shows its events ${LIKE_ANY}`,
    'remove testEventCode when the test is over; test with a pixel that runs no ads',
  );
  const ofRule = warning(
    'eventRules',
    `have a testEventCode for pixel ${ofRules}: Meta shows the events of that rule ${LIKE_ANY}`,
    'remove testEventCode from the rule when the test is over; events.deny leaves out what must not count',
  );
  return [...(own === '' ? [] : [ofPixel]), ...(ofRules === '' ? [] : [ofRule])];
}

function namesOf(pixels: Configuration['pixels']): string {
  const named = pixels.slice(0, MOST_NAMED).map(({ pixelId }) => pixelId);
  const others = pixels.length - named.length;
  return others > 0 ? `${named.join(', ')} and ${others} more` : named.join(', ');
}
