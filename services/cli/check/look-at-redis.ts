import { connectOnce, type Redis } from '#store/connection.ts';
import { tryIntake } from '#store/intake/trial-intake.ts';
import { examineRedis, type RedisFinding } from '#store/redis-health.ts';
import { type Finding, failure, look, ok, warning } from './finding.ts';

/** Whether Redis answers, lets its user do what is needed, keeps what it takes, and takes an intake. */
export function lookAtRedis({
  url,
  prefix,
}: {
  readonly url: string;
  readonly prefix: string;
}): Promise<readonly Finding[]> {
  const { hostname, port } = new URL(url);
  const mend = `see that Redis runs at ${hostname}:${port || 6379}, and the password in redis.url`;
  return look('Redis', mend, async (blame) => {
    const redis = connectOnce(url);
    redis.on('error', blame);
    try {
      await redis.connect();
      const started = performance.now();
      await redis.ping();
      const findings = await examineRedis(redis, prefix);
      const took = `answers in ${(performance.now() - started).toFixed(1)} ms`;
      return [
        ok('Redis', took),
        ...findings.map(({ level, problem, mend: how }) =>
          level === 'danger' ? failure('Redis', problem, how) : warning('Redis', problem, how),
        ),
        ...(await tryIt(redis, prefix, findings)),
      ];
    } finally {
      redis.disconnect();
    }
  });
}

/** Carries an intake out, where nothing is known that speaks against it. */
async function tryIt(
  redis: Redis,
  prefix: string,
  findings: readonly RedisFinding[],
): Promise<Finding[]> {
  if (findings.some(({ level }) => level === 'danger')) return [];
  const { message } = (await tryIntake(redis, prefix).catch((error: Error) => error)) ?? {};
  if (message === undefined) return [ok('Redis', 'takes a trial intake as a whole')];
  const fix = 'use Redis or Valkey, and let its user run every command of the scripts';
  return [failure('Redis', `does not take a trial intake: ${message}`, fix)];
}
