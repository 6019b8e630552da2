import { connectOnce } from '#queue/connection.ts';
import { examineRedis } from '#queue/redis-health.ts';
import { type Finding, failure, look, ok, warning } from './finding.ts';

/** Whether Redis answers, and keeps what it takes. */
export function lookAtRedis(url: string): Promise<readonly Finding[]> {
  const { hostname, port } = new URL(url);
  const mend = `see that Redis runs at ${hostname}:${port || 6379}, and the password in redis.url`;
  return look('Redis', mend, async (blame) => {
    const redis = connectOnce(url);
    redis.on('error', blame);
    try {
      await redis.connect();
      const started = performance.now();
      await redis.ping();
      const findings = await examineRedis(redis);
      const took = `answers in ${(performance.now() - started).toFixed(1)} ms`;
      return [
        ok('Redis', took),
        ...findings.map(({ level, problem, mend: how }) =>
          level === 'danger' ? failure('Redis', problem, how) : warning('Redis', problem, how),
        ),
      ];
    } finally {
      redis.disconnect();
    }
  });
}
