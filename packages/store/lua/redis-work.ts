import { setTimeout as sleep } from 'node:timers/promises';
import { RetriedWork, type RetriedWorkOptions } from '#core/retried-work.ts';
import { type RedisFault, redisFault } from './redis-fault.ts';

/** What a process does with Redis again and again. */
export class RedisWork extends RetriedWork<RedisFault> {
  constructor({ onFailure }: Pick<RetriedWorkOptions<RedisFault>, 'onFailure'>) {
    super({ onFailure, faultOf: redisFault, sleep: (ms) => sleep(ms), now: Date.now });
  }
}
