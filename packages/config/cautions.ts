import { NEWEST_GRAPH_VERSION, versionEnd } from '#core/outcome/graph-versions.ts';
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
  return [...versionCautions(graphApi.version, now), ...testCautions(pixels)];
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
    const fix = `use ${NEWEST_GRAPH_VERSION}, or upgrade capi-relay`;
    return [{ level: 'warning', subject, problem, fix }];
  }
  const day = new Date(end.at).toISOString().slice(0, 10);
  if (end.announced && end.at <= now) {
    const problem = `Meta no longer serves version ${version} (since ${day})`;
    return [{ level: 'failure', subject, problem, fix: VERSION_FIX }];
  }
  if (end.at > now + SOON_MS) return [];
  const left = `${plural(Math.max(Math.ceil((end.at - now) / DAY_MS), 0), 'day')} left`;
  const when = end.announced ? `ends on ${day} (${left})` : `may end from ${day} on`;
  return [{ level: 'warning', subject, problem: `version ${version} ${when}`, fix: VERSION_FIX }];
}

/** Pixels that are named one by one. */
const MOST_NAMED = 5;

/**
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/using-the-api:
 * "Events sent with test_event_code are not dropped. They flow into Events Manager and are used for
 * targeting and ads measurement purposes."
 */
function testCautions(pixels: Configuration['pixels']): Caution[] {
  const tested = pixels.filter(({ testEventCode }) => testEventCode !== null);
  if (tested.length === 0) return [];
  const named = tested.slice(0, MOST_NAMED).map(({ pixelId }) => pixelId);
  const others = tested.length - named.length;
  const which = others > 0 ? `${named.join(', ')} and ${others} more` : named.join(', ');
  return [
    {
      level: 'warning',
      subject: 'testEventCode',
      problem: `is set for pixel ${which}: Meta shows its events on the Test Events page, and uses them for targeting and measurement like any others`,
      fix: 'remove testEventCode when the test is over; test with a pixel that runs no ads',
    },
  ];
}
