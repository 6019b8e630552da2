import { setTimeout as sleep } from 'node:timers/promises';
import { RetriedWork, type RetriedWorkOptions } from '#core/retried-work.ts';
import { type KafkaFault, kafkaFault } from './fault.ts';

/** What a process asks of brokers again and again. */
export class KafkaWork extends RetriedWork<KafkaFault> {
  constructor({ onFailure }: Pick<RetriedWorkOptions<KafkaFault>, 'onFailure'>) {
    super({ onFailure, faultOf: kafkaFault, sleep: (ms) => sleep(ms), now: Date.now });
  }
}
