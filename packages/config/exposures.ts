import type { Configuration } from './configuration.ts';
import { isLoopback } from './loopback.ts';

/** Something that is configured so that others could read or forge it. */
export interface Exposure {
  /** What it is about, such as `Kafka`. */
  readonly subject: string;
  readonly problem: string;
  readonly fix: string;
}

/**
 * What is allowed, because a private network can make it safe, but should be known: a person reads
 * it in `check` and in the log of each start. No value of a secret is in it.
 */
export function exposuresOf({
  kafka,
  redis,
  sealing,
}: Pick<Configuration, 'kafka' | 'redis' | 'sealing'>): Exposure[] {
  return [...kafkaExposures(kafka), ...redisExposures(redis), ...sealingExposures(sealing)];
}

function kafkaExposures({ ssl, sasl, brokers }: Configuration['kafka']): Exposure[] {
  const exposures: Exposure[] = [];
  const elsewhere = brokers.filter((broker) => !isLoopback(broker.replace(/:\d+$/, '')));
  if (ssl === false && sasl?.mechanism === 'plain' && elsewhere.length > 0) {
    exposures.push({
      subject: 'Kafka',
      problem: `the SASL password goes in clear text to ${elsewhere.join(', ')}`,
      fix: 'set kafka.ssl, or use a scram mechanism, which never sends the password',
    });
  }
  if (typeof ssl !== 'boolean' && !ssl.rejectUnauthorized) {
    exposures.push({
      subject: 'Kafka',
      problem: 'kafka.ssl.rejectUnauthorized is false: any server can pass for a broker',
      fix: 'remove it, and name a private authority in kafka.ssl.caFile',
    });
  }
  return exposures;
}

function redisExposures({ url }: Configuration['redis']): Exposure[] {
  const { protocol, hostname, password } = new URL(url);
  if (protocol !== 'redis:' || password === '' || isLoopback(hostname)) return [];
  const problem = `the password goes in clear text to ${hostname}`;
  return [{ subject: 'Redis', problem, fix: 'write rediss:// in redis.url, or in REDIS_URL' }];
}

function sealingExposures(sealing: Configuration['sealing']): Exposure[] {
  if (sealing === null) {
    const problem = 'is off: personal data is readable in Redis';
    const fix = 'configure sealing.keys before anything real is sent';
    return [{ subject: 'sealing', problem, fix }];
  }
  if (!sealing.acceptUnsealed) return [];
  const problem =
    'takes what is not sealed too: anyone who can write to Redis can have events sent';
  const fix =
    'remove sealing.acceptUnsealed as soon as what was written with sealing off is worked off';
  return [{ subject: 'sealing', problem, fix }];
}
