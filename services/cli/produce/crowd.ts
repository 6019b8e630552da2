import type { Random } from './random.ts';
import { catchUp, openSession, type Session } from './session.ts';
import { makeShopper, type Shopper } from './shopper.ts';
import { pickShop, type Shop } from './shops.ts';

/** Everybody who is visiting at the moment, and who has visited before and may come back. */
export interface Crowd {
  /**
   * A visit that is not over yet.
   * @param nowMs Unix ms, when a new visit would begin to be seen
   * @param made how many messages there were so far
   */
  pick(nowMs: number, made: number): Session;
}

const RETURNS = 0.45;
const MOST_SHOPPERS = 5_000;
const MOST_SESSIONS = 400;
const FIRST_SESSIONS = 4;
/** A short run sees whole visits because only so few go on at once. */
const MESSAGES_PER_SESSION = 20;

export function createCrowd(shops: readonly Shop[], random: Random): Crowd {
  const shoppers: Shopper[] = [];
  const sessions: Session[] = [];

  const welcome = (nowMs: number): Shopper => {
    if (shoppers.length > 0 && random.chance(RETURNS)) return random.pick(shoppers);
    const shopper = makeShopper(pickShop(shops, random), nowMs, random);
    const full = shoppers.length === MOST_SHOPPERS;
    shoppers[full ? random.below(MOST_SHOPPERS) : shoppers.length] = shopper;
    return shopper;
  };

  return {
    pick(nowMs, made) {
      const wanted = Math.min(
        MOST_SESSIONS,
        FIRST_SESSIONS + Math.floor(made / MESSAGES_PER_SESSION),
      );
      const at = sessions.length < wanted ? sessions.length : random.below(sessions.length);
      const known = sessions[at];
      if (known !== undefined && known.next < known.steps.length) {
        catchUp(known, nowMs);
        return known;
      }
      const session = openSession(welcome(nowMs), nowMs, random);
      sessions[at] = session;
      return session;
    },
  };
}
