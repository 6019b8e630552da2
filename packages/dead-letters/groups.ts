import type { DeadLetterFacts } from '#core/dead-letter.ts';

/** Dead letters that died of the same cause. */
export interface Group {
  readonly pixelId: string | null;
  readonly stage: string;
  readonly reason: string;
  /** Meta's code; null where Meta said none. */
  readonly code: number | null;
  /** What was said of the newest of them; Meta's words where Meta refused. */
  readonly message: string;
  events: number;
  /** Unix ms at which the first of them died. */
  oldest: number;
  /** Unix ms at which the last of them died. */
  newest: number;
  /** How many can no longer be sent. */
  expired: number;
  /** Unix seconds at which the next of them can no longer be sent; null when none is known. */
  nextHorizon: number | null;
}

const QUOTED = /"[^"]*"|'[^']*'|“[^”]*”/g;
const HEX = /\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi;
const NUMBER = /\d+/g;

/** Words without what differs from one refusal to the next where the cause is one. */
export function fingerprint(message: string): string {
  return message.replace(QUOTED, '…').replace(HEX, 'n').replace(NUMBER, 'n').toLowerCase().trim();
}

/** Groups by pixel, stage, reason, Meta's code and what was said. */
export class Groups {
  private readonly groups = new Map<string, Group>();
  /** Unix ms. */
  private readonly now: number;

  constructor(now: number) {
    this.now = now;
  }

  add(facts: DeadLetterFacts): void {
    const { diedAt, horizon } = facts;
    const group = this.groupOf(facts);
    group.events += 1;
    group.oldest = Math.min(group.oldest, diedAt);
    group.newest = Math.max(group.newest, diedAt);
    if (horizon === null) return;
    if (horizon * 1000 <= this.now) group.expired += 1;
    else group.nextHorizon = Math.min(group.nextHorizon ?? horizon, horizon);
  }

  /** The largest first. */
  all(): Group[] {
    return [...this.groups.values()].sort((a, b) => b.events - a.events);
  }

  private groupOf({ pixelId, stage, reason, refusal, message: words, diedAt }: DeadLetterFacts) {
    const message = refusal?.message ?? words;
    const code = refusal?.code ?? null;
    const key = JSON.stringify([pixelId, stage, reason, code, fingerprint(message)]);
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    const times = { oldest: diedAt, newest: diedAt, expired: 0, nextHorizon: null };
    const group: Group = { pixelId, stage, reason, code, message, events: 0, ...times };
    this.groups.set(key, group);
    return group;
  }
}
