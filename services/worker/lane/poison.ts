import { setTimeout as sleep } from 'node:timers/promises';
import type { FairShare } from '#core/delivery/fair-share.ts';
import type { HeldEnvelope } from '#store/delivery/lane.ts';
import type { PoisonStore } from '#store/delivery/poison.ts';

/** When an envelope is blamed for the workers that vanished while they held it. */
interface PoisonPolicy {
  /** After this many of them it is processed alone. */
  readonly suspectAfter: number;
  /** After this many more while it was alone, its events become dead letters. */
  readonly buryAfter: number;
}

export const POISON_ACTIONS = ['try', 'dead_letter', 'quarantine'] as const;
/** See {@link PoisonGuard.next}. */
export type PoisonAction = (typeof POISON_ACTIONS)[number];

interface PoisonDeps {
  readonly pixelId: string;
  readonly notes: Pick<PoisonStore, 'suspect' | 'late' | 'clear'>;
  readonly policy: PoisonPolicy;
  /** Processes one suspect at a time in all lanes, because they share the process that it may end. */
  readonly slot: Pick<FairShare, 'ask' | 'release' | 'dismiss'>;
  /** Within this time a live worker renews its holds, in ms. */
  readonly noticeMs: number;
}

/** How often the notes of slow workers are read meanwhile, in ms. */
const ASK_AGAIN_MS = 500;

/** Finds envelopes that end their workers, and keeps them from ending more. */
export class PoisonGuard {
  private closing = false;
  private readonly deps: PoisonDeps;

  constructor(deps: PoisonDeps) {
    this.deps = deps;
  }

  /**
   * Whether enough workers vanished while they held the envelope. Those that were only slow do not
   * count: such a worker says so when it next renews its holds, and is given the time for that.
   */
  async isSuspect({ id, stalls }: Pick<HeldEnvelope, 'id' | 'stalls'>): Promise<boolean> {
    const { pixelId, notes, policy, noticeMs } = this.deps;
    if (stalls < policy.suspectAfter) return false;
    const until = performance.now() + noticeMs;
    while (performance.now() < until && !this.closing) {
      if (stalls - (await notes.late(pixelId, id)) < policy.suspectAfter) return false;
      await sleep(Math.min(ASK_AGAIN_MS, noticeMs));
    }
    return true;
  }

  /**
   * Works while no other suspect is processed.
   * @returns false when the lane closes before; then nothing was done
   */
  async alone(work: () => Promise<void>): Promise<boolean> {
    const { pixelId, slot } = this.deps;
    const granted = await new Promise<boolean>((resolve) => {
      slot.ask(
        pixelId,
        1,
        () => resolve(true),
        () => resolve(false),
      );
    });
    if (!granted) return false;
    try {
      await work();
      return true;
    } finally {
      slot.release(pixelId, 1);
    }
  }

  /**
   * Notes that a suspect is about to be processed, before it is opened, and says how:
   * - `try`: deliver it as any other.
   * - `dead_letter`: its events become dead letters, without hashing or sending them.
   * - `quarantine`: even that ended its worker; it stays in the queue unopened.
   */
  async next(envelopeId: string): Promise<PoisonAction> {
    const { pixelId, notes, policy } = this.deps;
    const times = await notes.suspect(pixelId, envelopeId);
    if (times <= policy.buryAfter) return 'try';
    return times <= policy.buryAfter * 2 ? 'dead_letter' : 'quarantine';
  }

  /** Notes that the worker has survived the envelope. */
  async survived(envelopeId: string): Promise<void> {
    await this.deps.notes.clear(this.deps.pixelId, envelopeId);
  }

  /** Ends all waiting. */
  close(): void {
    this.closing = true;
    this.deps.slot.dismiss(this.deps.pixelId);
  }
}
