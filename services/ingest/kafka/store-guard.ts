import type { KafkaWork } from '#kafka/fault.ts';
import { type GroupMember, ownerOf, strangersTo } from '#kafka/group.ts';
import type { KafkaObserver } from '#kafka/observer.ts';
import type { Logger } from '#process/logger.ts';
import { VERSION } from '#process/version.ts';
import { claimStore, type StoreClaim } from '#store/intake/claim.ts';
import { announceProcess } from '#store/processes.ts';
import type { RedisWork } from '#store/redis-fault.ts';
import type { Store } from '#store/store.ts';

interface GuardOptions {
  readonly store: Store;
  readonly observer: KafkaObserver;
  readonly groupId: string;
  readonly logger: Logger;
  readonly work: RedisWork;
  readonly kafkaWork: KafkaWork;
}

const CHECK_MS = 10_000;

/**
 * Keeps all members of a consumer group on one Redis and prefix: two would split the messages between
 * them, and write some of them twice after one of them ends. The store that was used first keeps the group.
 * While it guards, it announces this process in that store.
 */
export class StoreGuard {
  private readonly options: GuardOptions;
  private readonly warned = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  /** Removes the announcement; null before there is one. */
  private leaveFleet: (() => Promise<void>) | null = null;
  readonly claim: StoreClaim;

  private constructor(options: GuardOptions, claim: StoreClaim) {
    this.options = options;
    this.claim = claim;
  }

  /**
   * To be called before the group is joined.
   * @throws Error when the group belongs to another store, or Redis or Kafka does not answer
   */
  static async admit(options: GuardOptions): Promise<StoreGuard> {
    const guard = new StoreGuard(options, await claimStore(options.store, null));
    await guard.examine();
    return guard;
  }

  start(): void {
    this.timer = setInterval(() => void this.check(), CHECK_MS);
    this.leaveFleet = announceProcess(this.options.store, 'ingest', VERSION);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    void this.leaveFleet?.();
  }

  /** Checks again; also to be called whenever the members of the group change. */
  async check(): Promise<void> {
    const { store, work } = this.options;
    try {
      const { id } = await work.attempt('store', () => claimStore(store, this.claim));
      if (id !== this.claim.id) throw new RefusedError(OTHER_REDIS);
      await this.examine();
    } catch (error) {
      // Any other failure is noted, and checked again.
      if (!(error instanceof RefusedError)) return;
      // Ends the process as any unexpected error does: it leaves the group first.
      setImmediate(() => {
        throw error;
      });
    }
  }

  private async examine(): Promise<void> {
    const { observer, groupId, store: own, logger, kafkaWork } = this.options;
    const group = await kafkaWork.attempt('group', () => observer.group(groupId));
    const strangers = strangersTo(this.claim, group);
    const stores = strangers.map(({ store }) => store);
    const owner = ownerOf([this.claim, ...stores]);
    if (owner?.id !== this.claim.id)
      throw new RefusedError(notOurs(groupId, own.keys.prefix, strangers));
    for (const { clientId, host, store } of strangers) {
      if (store === null || this.warned.has(store.id)) continue;
      this.warned.add(store.id);
      logger.warn({ clientId, host }, 'a member of the group writes to another Redis or prefix');
    }
  }
}

class RefusedError extends Error {}

const OTHER_REDIS =
  'Redis holds the id of another store than at the start, as after a restore: ingest must be restarted';

function notOurs(groupId: string, prefix: string, strangers: readonly GroupMember[]): string {
  const members = strangers.map(({ clientId, host }) => `${clientId} at ${host}`).join(', ');
  return `consumer group ${groupId} belongs to ingests that write to another Redis or prefix (${members}): give this one its own kafka.groupId, or the redis.url and redis.prefix of the others instead of prefix ${prefix}`;
}
