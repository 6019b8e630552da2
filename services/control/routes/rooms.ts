import type { Configuration } from '#config/configuration.ts';
import type { KafkaWatch } from '../readings/kafka.ts';
import type { RedisWatch } from '../readings/redis.ts';

/** What pages read from, and actions work with. */
export interface Rooms {
  /** As it is now: pixels come and go while control runs. */
  readonly configuration: () => Configuration;
  readonly redis: RedisWatch;
  readonly kafka: KafkaWatch;
}
