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

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
