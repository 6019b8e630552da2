import { createRequire } from 'node:module';
import kafkajs, {
  type Consumer,
  type EachBatchPayload,
  type Kafka as KafkaClient,
  type KafkaMessage,
} from 'kafkajs';
import { registerCodecs } from './codecs.ts';
import type { Gap } from './fetch/fetched-record.ts';
import { installFetchReader } from './fetch/response.ts';
import { type KafkaLogin, saslOf } from './login/sasl.ts';
import { installMetadataReader } from './metadata.ts';
import { openSocket } from './socket.ts';

export type { Consumer, EachBatchPayload, KafkaClient };

/** A record as a consumer gets it, or a gap that ends with its offset. */
export type KafkaRecord = KafkaMessage & { readonly gap?: Gap };

/** The oldest offset that the log of a batch's partition had when it was fetched; null if unknown. */
export function logStartOf(batch: EachBatchPayload['batch']): number | null {
  const { rawMessages } = batch as { rawMessages?: { readonly logStartOffset?: number } };
  const offset = rawMessages?.logStartOffset ?? -1;
  return offset < 0 ? null : offset;
}

/** How to reach the brokers; the shape of the configuration's `kafka` section. */
export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl:
    | boolean
    | {
        readonly ca?: string;
        readonly cert?: string;
        readonly key?: string;
        readonly passphrase?: string;
        readonly servername?: string;
        readonly rejectUnauthorized: boolean;
      };
  readonly sasl: KafkaLogin | null;
  /** How often what fails is tried again; 10 times when left out. */
  readonly retries?: number;
}

/** Gets what kafkajs has to say; no credentials are in it. */
type KafkaLog = (level: 'debug' | 'warn', message: string, facts: Record<string, unknown>) => void;

const require = createRequire(import.meta.url);
const { Kafka, logLevel } = kafkajs;

registerCodecs();
installFetchReader();
installMetadataReader();
patchIdleTimer();

/** A client of the brokers. */
export function createKafka(options: KafkaOptions, log: KafkaLog = () => {}): KafkaClient {
  const { brokers, clientId, ssl, sasl, retries = 10 } = options;
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ssl,
    ...(sasl === null ? {} : { sasl: saslOf(sasl) }),
    socketFactory: openSocket,
    connectionTimeout: 5000,
    // kafkajs gives up for good after its retries. A service waits for Kafka as long as it takes; a
    // command that cannot wait sets a lower limit.
    retry: { initialRetryTime: 200, maxRetryTime: 5000, retries },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, label, log: { message, error, broker, groupId } }) => {
        // Rebalances and reconnects are everyday business; the service reports what matters of them.
        log(label === 'ERROR' ? 'warn' : 'debug', `kafkajs ${namespace}: ${message}`, {
          ...(error === undefined ? {} : { cause: String(error) }),
          ...(broker === undefined ? {} : { broker }),
          ...(groupId === undefined ? {} : { groupId }),
        });
      },
  });
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/**
 * Stops kafkajs from looking every millisecond whether a request waits when none does.
 *
 * kafkajs 2.2.4 schedules its next check at `throttledUntil - now`, which is far in the past while
 * nothing is throttled: an idle connection wakes a thousand times a second and Node warns of a
 * negative timeout. Adding a request checks by itself, so that without one there is nothing
 * to check.
 */
function patchIdleTimer(): void {
  const Queue = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  const original = Queue.prototype.scheduleCheckPendingRequests;
  Queue.prototype.scheduleCheckPendingRequests = function calm(this: RequestQueue) {
    if (this.pending.length > 0) original.call(this);
  };
}
