import type { KafkaConfiguration } from '#config/configuration.ts';
import { createKafka } from '#kafka/client.ts';
import { strangersTo } from '#kafka/group.ts';
import { examineGroup } from '#kafka/topics.ts';
import { connectOnce } from '#store/connection.ts';
import { readStoreClaim } from '#store/intake/store-claim.ts';
import { type Finding, failure, look } from './finding.ts';

const MEND =
  'give each Redis and prefix its own kafka.groupId, or correct redis.url and redis.prefix';

/** Whether members of the consumer group write to another Redis or prefix than this one. */
export function lookAtStrangers(
  kafka: KafkaConfiguration,
  { url, prefix }: { readonly url: string; readonly prefix: string },
): Promise<readonly Finding[]> {
  return look('group', 'see what is said of Kafka and Redis', async (blame) => {
    const redis = connectOnce(url);
    redis.on('error', blame);
    try {
      await redis.connect();
      const client = createKafka(kafka, (_level, message, { cause }) => blame(cause ?? message));
      const [store, group] = await Promise.all([
        readStoreClaim(redis, prefix),
        examineGroup(client, kafka.groupId, []),
      ]);
      return strangersTo(store, group).map(({ clientId, host }) =>
        failure(
          'Kafka',
          `${clientId} at ${host} reads in group ${kafka.groupId}, and writes to another Redis or prefix`,
          MEND,
        ),
      );
    } catch {
      // That Kafka or Redis does not answer is said of them.
      return [];
    } finally {
      redis.disconnect();
    }
  });
}
