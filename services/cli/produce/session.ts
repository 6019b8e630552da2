import type { Random } from './random.ts';
import { makeShopper, type Shopper } from './shopper.ts';
import type { Shop } from './shops.ts';
import { planVisit, type Step } from './visit.ts';

/** How the sender of a visit's events writes `timestamp`. */
export type TimeForm = 'iso' | 'iso_seconds' | 'iso_offset' | 'epoch_ms' | 'epoch_s';

/** A visit: its remaining steps, and what all its events share. */
export interface Session {
  readonly shopper: Shopper;
  readonly steps: readonly Step[];
  /** Which step comes next. */
  next: number;
  /** When the next step happens, Unix ms. */
  clock: number;
  readonly timeForm: TimeForm;
  /** False where the sender lost `context.page` on the way. */
  readonly tellsPage: boolean;
  /** What the first page's address carried: `?utm_source=…&fbclid=…`, or nothing. */
  readonly landing: string;
  /** JSON members that follow others: the campaign in `context`, Meta's ids in either place. */
  readonly inContext: string;
  readonly inProperties: string;
  readonly referrer: string;
}

const MINUTE_MS = 60_000;
const REFERRERS = ['', '', 'https://www.example.org/', 'https://search.example.net/?q=shop'];
const TIME_FORMS: readonly TimeForm[] = ['iso_seconds', 'iso_offset', 'epoch_ms', 'epoch_s'];
const UNUSUAL_TIME_FORM = 0.12;

/** How old an event may be when it is produced. */
const OLDEST_MS = 15 * MINUTE_MS;

function openSession(shopper: Shopper, nowMs: number, random: Random): Session {
  const clock = nowMs - random.between(8 * MINUTE_MS, OLDEST_MS);
  const clickId = random.chance(0.35)
    ? `IwAR${random.hex8()}_${random.hex8()}-${random.hex8()}`
    : null;
  const fbc = clickId !== null && random.chance(0.7) ? makeFbc(clickId, clock, random) : null;
  const ids = Object.entries({ fbp: shopper.fbp, fbc })
    .map(([name, id]) => (id === null ? '' : `,"${name}":"${id}"`))
    .join('');
  const asProperties = random.chance(0.7);
  const campaign =
    clickId === null ? '' : ',"campaign":{"source":"facebook","medium":"cpc","name":"Autumn Sale"}';
  return {
    shopper,
    steps: planVisit(shopper, random),
    next: 0,
    clock,
    timeForm: random.chance(UNUSUAL_TIME_FORM) ? random.pick(TIME_FORMS) : 'iso',
    tellsPage: random.chance(0.99),
    landing: clickId === null ? '' : `utm_source=facebook&utm_medium=cpc&fbclid=${clickId}`,
    inContext: asProperties ? campaign : campaign + ids,
    inProperties: asProperties ? ids : '',
    referrer: clickId === null ? random.pick(REFERRERS) : 'https://l.example.net/',
  };
}

/**
 * Source: Meta, fbp and fbc parameters: `fb.{subdomain index}.{creation time in ms}.{fbclid}`. One
 * in a hundred is malformed, as some senders' are.
 */
function makeFbc(clickId: string, clickedMs: number, random: Random): string {
  return random.chance(0.01) ? `fb.1.${clickId}` : `fb.1.${clickedMs}.${clickId}`;
}

/** Moves to the next step some seconds later, never beyond `nowMs`. */
export function advance(session: Session, nowMs: number, random: Random): void {
  session.next += 1;
  const at = session.clock + random.between(3_000, 45_000);
  session.clock = Math.max(session.clock, Math.min(at, nowMs - 2_000));
}

const RETURNS = 0.45;
const MOST_SHOPPERS = 5_000;
const MOST_SESSIONS = 400;
const FIRST_SESSIONS = 4;
/** Few concurrent visits at first, so that a short run contains whole visits. */
const MESSAGES_PER_SESSION = 20;

/**
 * All current visits, and the shoppers who may come back.
 * @returns picks a visit that is not over yet, given when (Unix ms) a new visit would begin to be
 *   seen, and how many messages were made so far
 */
export function createCrowd(
  shops: readonly Shop[],
  random: Random,
): (nowMs: number, made: number) => Session {
  const shoppers: Shopper[] = [];
  const sessions: Session[] = [];

  const welcome = (nowMs: number): Shopper => {
    if (shoppers.length > 0 && random.chance(RETURNS)) return random.pick(shoppers);
    // The second shop has half the traffic of the first, the third a third.
    const shop = random.pickWeighted(shops, (_, at) => 1 / (at + 1));
    const shopper = makeShopper(shop, nowMs, random);
    const full = shoppers.length === MOST_SHOPPERS;
    shoppers[full ? random.below(MOST_SHOPPERS) : shoppers.length] = shopper;
    return shopper;
  };

  return (nowMs, made) => {
    const wanted = Math.min(
      MOST_SESSIONS,
      FIRST_SESSIONS + Math.floor(made / MESSAGES_PER_SESSION),
    );
    const at = sessions.length < wanted ? sessions.length : random.below(sessions.length);
    const known = sessions[at];
    if (known !== undefined && known.next < known.steps.length) {
      // A visit that has waited for long moves to the last minutes.
      known.clock = Math.max(known.clock, nowMs - OLDEST_MS);
      return known;
    }
    const session = openSession(welcome(nowMs), nowMs, random);
    sessions[at] = session;
    return session;
  };
}
