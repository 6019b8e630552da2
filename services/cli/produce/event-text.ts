import type { Random } from './random.ts';
import type { Session, TimeForm } from './session.ts';
import type { Step } from './visit.ts';

/** The key of a message: a customer's id, or else the id of the browser. */
export function keyOf(session: Session, step: Step): string {
  return step.who === 'customer' ? session.shopper.userId : session.shopper.anonymousId;
}

/**
 * One Track event as JSON text: a new id and times, everything else prepared before.
 * Source: Segment, spec, Track and common fields.
 */
export function writeEvent(session: Session, step: Step, random: Random): string {
  const { shopper, clock } = session;
  const { shop } = shopper;
  const happened = `"${isoTime(clock)}"`;
  const received = clock + random.between(40, 1_500);
  const user = step.who === 'customer' ? `"userId":"${shopper.userId}",` : '';
  const traits = step.who === 'stranger' ? '' : `,"traits":${shopper.person.traits}`;
  const page = step.path === null || !session.tellsPage ? '' : pageOf(session, step, step.path);
  const browser = step.path === null ? '' : shopper.agent + page;
  return (
    `{"type":"track","event":${JSON.stringify(step.event)},"messageId":"${random.uuid()}",${user}` +
    `"anonymousId":"${shopper.anonymousId}",` +
    `"timestamp":${session.timeForm === 'iso' ? happened : UNUSUAL_TIMES[session.timeForm](clock)},` +
    `"originalTimestamp":${happened},"sentAt":"${isoTime(received - 20)}",` +
    `"receivedAt":"${isoTime(received)}","context":{${shopper.place}${browser}${session.inContext}${traits},"source":${shop.sourceJson}},` +
    `"properties":{${step.properties}${session.inProperties}},${shopper.integrations}` +
    `"channel":"${step.path === null ? 'server' : 'client'}","writeKey":"${shop.writeKey}"}`
  );
}

const UNUSUAL_TIMES: Readonly<Record<Exclude<TimeForm, 'iso'>, (ms: number) => string>> = {
  iso_seconds: (ms) => `"${isoTime(ms).slice(0, -5)}Z"`,
  iso_offset: (ms) => `"${isoTime(ms + OFFSET_MS).slice(0, -1)}+02:00"`,
  epoch_ms: (ms) => String(ms),
  epoch_s: (ms) => String(Math.floor(ms / 1000)),
};

const OFFSET_MS = 2 * 3_600_000;

function pageOf(session: Session, step: Step, path: string): string {
  const { host } = session.shopper.shop;
  const landing = session.next === 0 ? session.landing : '';
  const search = path.indexOf('?');
  const query = landing === '' ? '' : (search < 0 ? '?' : '&') + landing;
  const referrer = session.next === 0 ? session.referrer : `${host}/`;
  return (
    `,"page":{"path":"${search < 0 ? path : path.slice(0, search)}","referrer":"${referrer}",` +
    `"title":${JSON.stringify(step.title)},"url":"${host}${path}${query}"}`
  );
}

/** Cached seconds: more than the events of a visit span. */
const SECONDS = 1024;
const known: number[] = new Array(SECONDS).fill(Number.NaN);
const texts: string[] = new Array(SECONDS).fill('');

const MILLISECONDS: readonly string[] = Array.from({ length: 1000 }, (_, ms) =>
  String(ms).padStart(3, '0'),
);

/**
 * `2026-11-23T10:00:00.000Z` from Unix ms. As {@link Date.prototype.toISOString} writes it, for a
 * fraction of its cost where the same seconds come again and again.
 */
function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  const slot = second % SECONDS;
  if (known[slot] !== second) {
    known[slot] = second;
    texts[slot] = new Date(second * 1000).toISOString().slice(0, 20);
  }
  return `${texts[slot]}${MILLISECONDS[ms - second * 1000]}Z`;
}
