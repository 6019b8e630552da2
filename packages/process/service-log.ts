import type { DeadLetterStage } from '#core/dead-letter/dead-letter.ts';
import type { Logger } from './logger.ts';
import type { Instruments } from './metrics/registry.ts';
import type { KAFKA_METRICS, RECEIPT_METRICS, REDIS_METRICS } from './metrics/shared-metrics.ts';

/** Something wrong with Redis, and how to fix it. */
interface RedisFinding {
  readonly problem: string;
  readonly fix: string;
}

/** The log lines of a process that would repeat by the thousand, or every moment. */
export interface ServiceLog {
  /** Events of a pixel became dead letters for a reason. */
  dead(pixel: string, stage: DeadLetterStage, reason: string, events: number): void;
  /** Work that was done, by what was counted: once a minute, a line has the sums. */
  did(counts: Readonly<Record<string, number>>): void;
  /** Something that is retried has failed; `group` says for whom. */
  failed(message: string, error: unknown, group?: Readonly<Record<string, string | null>>): void;
  kafka(level: 'debug' | 'warn', message: string, facts: object): void;
  /** No broker, or one of them, answers: a line a minute, whatever fails for that reason. */
  unreachable(error: unknown): void;
  /** A connection to Redis was lost, and `detail` says why, or restored, and it says to which server. */
  connection(event: 'redis_lost' | 'redis_ready', detail: string): void;
  redis(finding: RedisFinding): void;
  /** Logs what was counted; to be called before the process ends. */
  flush(): void;
}

/** @param everyMs how long repeated events are counted before they are logged, in ms */
export function createServiceLog(logger: Logger, everyMs = 60_000): ServiceLog {
  const deaths = new GroupedLog(logger, 'later', everyMs);
  const failures = new GroupedLog(logger, 'now', everyMs);
  const summary = new Summary(logger, everyMs);
  return {
    did: (counts) => summary.add(counts),
    dead: (pixel, stage, reason, count) =>
      deaths.add({ pixel, stage, reason }, 'dead letters', { count }),
    failed: (message, error, group = {}) => failures.add(group, message, { facts: { error } }),
    kafka(level, message, facts) {
      if (level === 'debug') logger.debug(facts, message);
      else failures.add({}, message, { facts });
    },
    unreachable: (error) =>
      failures.add({}, 'Kafka does not answer: trying again', { facts: { error } }),
    connection(event, detail) {
      if (event === 'redis_lost')
        logger.warn({ cause: detail }, 'Redis connection lost: reconnecting');
      else logger.info({ server: detail }, 'Redis connection restored');
    },
    redis: ({ problem, fix }) => logger.warn({ problem, fix }, 'Redis is misconfigured'),
    flush() {
      deaths.flush();
      failures.flush();
      summary.flush();
    },
  };
}

/** Sums up work, and says so once an interval; a process without work says nothing. */
class Summary {
  private readonly sums = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private since = 0;
  private readonly logger: Logger;
  private readonly everyMs: number;

  constructor(logger: Logger, everyMs: number) {
    this.logger = logger;
    this.everyMs = everyMs;
  }

  add(counts: Readonly<Record<string, number>>): void {
    for (const [name, count] of Object.entries(counts)) {
      if (count > 0) this.sums.set(name, (this.sums.get(name) ?? 0) + count);
    }
    if (this.timer !== null || this.sums.size === 0) return;
    this.since = Date.now();
    this.timer = setTimeout(() => this.flush(), this.everyMs).unref();
  }

  flush(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    const seconds = Math.round((Date.now() - this.since) / 1000);
    this.logger.info({ seconds, ...Object.fromEntries(this.sums) }, 'summary');
    this.sums.clear();
  }
}

/** What makes lines a group: the same message about the same thing. */
type Group = Readonly<Record<string, string | null>>;

interface Counted {
  count: number;
  readonly group: Group;
  readonly message: string;
  facts: object;
}

/** Logs repeated events once an interval for each group, with their count; silent groups are not logged. */
class GroupedLog {
  private readonly groups = new Map<string, Counted>();
  private timer: NodeJS.Timeout | null = null;
  private readonly logger: Logger;
  /** Whether the first of a group is logged at once, or counted with those that follow. */
  private readonly first: 'now' | 'later';
  private readonly everyMs: number;

  constructor(logger: Logger, first: 'now' | 'later', everyMs: number) {
    this.logger = logger;
    this.first = first;
    this.everyMs = everyMs;
  }

  /** @param facts of the latest one go into the line */
  add(group: Group, message: string, { count = 1, facts = {} as object } = {}): void {
    const key = JSON.stringify([message, group]);
    let known = this.groups.get(key);
    if (known === undefined) {
      known = { count: 0, group, message, facts };
      this.groups.set(key, known);
      if (this.first === 'now') {
        this.write({ ...known, count });
        known.count -= count;
      }
    }
    known.count += count;
    known.facts = facts;
    this.timer ??= setInterval(() => this.flush(), this.everyMs).unref();
  }

  flush(): void {
    for (const [key, counted] of this.groups) {
      if (counted.count > 0) this.write(counted);
      // A group that was silent for a whole interval is logged at once when it comes again.
      if (counted.count === 0 || this.first === 'later') this.groups.delete(key);
      else counted.count = 0;
    }
    if (this.groups.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  private write({ count, group, message, facts }: Counted): void {
    this.logger.warn({ ...group, ...facts, count }, message);
  }
}

type OnFailure = (operation: string, fault: string, error: unknown) => void;

/**
 * Counts and logs failures of Redis that are retried, and the permissions that its user lacks.
 * @param counters by operation, where its failures are counted apart as well
 */
export function noteRedis(
  metrics: Pick<Instruments<typeof REDIS_METRICS>, 'redisFailures' | 'redisMissingPermissions'>,
  log: Pick<ServiceLog, 'failed' | 'redis'>,
  counters: Readonly<Record<string, { inc(): void }>> = {},
): {
  readonly onFailure: OnFailure;
  readonly onMissing: (missing: readonly string[], findings: readonly RedisFinding[]) => void;
} {
  return {
    onFailure(operation, fault, error) {
      counters[operation]?.inc();
      metrics.redisFailures.inc({ operation, fault });
      log.failed('Redis operation failed: retrying', error, { operation, fault });
    },
    onMissing(missing, findings) {
      metrics.redisMissingPermissions.reset();
      for (const command of missing) metrics.redisMissingPermissions.set({ command }, 1);
      for (const finding of findings) log.redis(finding);
    },
  };
}

/** Counts and logs receipts that Redis refused. */
export function noteReceipts(
  metrics: Pick<Instruments<typeof RECEIPT_METRICS>, 'receiptFailures'>,
  log: Pick<ServiceLog, 'failed'>,
): (why: string) => void {
  return (why) => {
    metrics.receiptFailures.inc();
    log.failed('Redis refuses receipts: what becomes of events is not told', new Error(why));
  };
}

/** Counts and logs failures of brokers that are retried. */
export function noteKafkaFailures(
  metrics: Instruments<typeof KAFKA_METRICS>,
  log: Pick<ServiceLog, 'failed' | 'unreachable'>,
): OnFailure {
  return (operation, fault, error) => {
    metrics.kafkaFailures.inc({ operation, fault });
    if (fault === 'unreachable') log.unreachable(error);
    else log.failed('Kafka operation failed: retrying', error, { operation, fault });
  };
}
