import type { ServiceLog } from '#process/service-log.ts';

/** What the Kafka client says when it cannot reach a broker, and when it carries that on. */
const UNREACHABLE =
  /\b(?:Connection error|Connection timeout|Failed to connect|Closed connection|Restarting the consumer|E(?:CONN|HOST|NET)[A-Z]+|ENOTFOUND|ETIMEDOUT)\b/;

/** Which part of the client speaks. */
const PREFIX = /^kafkajs \w+: /;

/** The part that tells why. */
const CODE = /\bE[A-Z]{4,}\b/;

/** Brokers are away when none has answered for this part of a session; a heartbeat comes each tenth. */
const SILENT_SHARE = 4;

interface PresenceOptions {
  readonly brokers: readonly string[];
  readonly log: Pick<ServiceLog, 'kafka' | 'unreachable'>;
  readonly sessionTimeoutMs: number;
  /** Unix ms. */
  readonly now: () => number;
}

/**
 * Whether the brokers are there. Where one of several is away, the others answer, and that is no fault.
 */
export class KafkaPresence {
  /** When the client last said anything, such as that it cannot connect, Unix ms. */
  heardAt: number;
  private answeredAt: number;
  private failure: { readonly cause: string; readonly at: number } | null = null;
  private readonly options: PresenceOptions;

  constructor(options: PresenceOptions) {
    this.options = options;
    this.answeredAt = options.now();
    this.heardAt = this.answeredAt;
  }

  /** What the Kafka client says: of all that is about brokers that are away, one line is logged. */
  readonly heard: ServiceLog['kafka'] = (level, message, facts) => {
    const { log, now } = this.options;
    this.heardAt = now();
    const { cause = '' } = facts as { readonly cause?: unknown };
    const words = `${message} ${String(cause)}`;
    if (level === 'debug' || !UNREACHABLE.test(words)) return log.kafka(level, message, facts);
    const code = CODE.exec(words)?.[0] ?? null;
    this.failure = { cause: code ?? this.failure?.cause ?? 'no connection', at: now() };
    log.kafka('debug', message, facts);
    if (code !== null) log.unreachable(new Error(words.replace(PREFIX, '').trim()));
  };

  /** A broker has answered. */
  answered(): void {
    this.answeredAt = this.options.now();
  }

  /** For what is waited; null while brokers answer. */
  fault(): string | null {
    const { brokers, sessionTimeoutMs, now } = this.options;
    const { failure, answeredAt } = this;
    if (failure === null || failure.at < answeredAt) return null;
    if (now() - answeredAt < sessionTimeoutMs / SILENT_SHARE) return null;
    return `waiting for Kafka at ${brokers.join(', ')}: ${failure.cause}`;
  }
}
