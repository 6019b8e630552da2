import { GroupedLog } from './grouped-log.ts';
import type { Logger } from './logger.ts';

/** Logs that a process keeps beside its plain one: for what comes by the thousand, or every moment. */
export interface ServiceLog {
  /** So many events of a pixel died of this. */
  dead(pixel: string, stage: 'ingest' | 'worker', reason: string, events: number): void;
  /** Something that is tried again and again did not work; `group` says for whom. */
  failed(message: string, error: unknown, group?: Readonly<Record<string, string | null>>): void;
  /** What the Kafka client has to say. */
  kafka(level: 'debug' | 'warn', message: string, facts: object): void;
  /** A connection to Redis was lost or found; `detail` is a code. */
  connection(event: 'redis_lost' | 'redis_ready', detail: string): void;
  /** Something about Redis that a person should know, and how to fix it. */
  redis(finding: { readonly problem: string; readonly fix: string }): void;
  /** Says what was counted; to be called before the process ends. */
  flush(): void;
}

export function createServiceLog(logger: Logger, everyMs?: number): ServiceLog {
  const every = everyMs === undefined ? {} : { everyMs };
  const deaths = new GroupedLog(logger, { level: 'warn', first: 'later', ...every });
  const failures = new GroupedLog(logger, { level: 'warn', first: 'now', ...every });
  return {
    dead: (pixel, stage, reason, count) =>
      deaths.add({ pixel, stage, reason }, 'dead letters', { count }),
    failed: (message, error, group = {}) => failures.add(group, message, { facts: { error } }),
    kafka(level, message, facts) {
      if (level === 'debug') logger.debug(facts, message);
      else failures.add({}, message, { facts });
    },
    connection(event, detail) {
      if (event === 'redis_lost') logger.warn({ cause: detail }, 'Redis is lost: trying again');
      else logger.info('Redis is back');
    },
    redis: ({ problem, fix }) => logger.warn({ problem, fix }, 'Redis is not as it should be'),
    flush() {
      deaths.flush();
      failures.flush();
    },
  };
}
