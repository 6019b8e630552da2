import kafkajs, { type Producer, type Transaction } from 'kafkajs';
import type { Random } from '#cli/produce/random.ts';
import type { KafkaClient } from '#kafka/client.ts';

const { CompressionTypes } = kafkajs;

/** What was sent, in the order in which it was sent. */
export interface TransactionalTraffic {
  readonly all: string[];
  readonly committed: Set<string>;
}

export interface TrafficOptions {
  readonly topic: string;
  readonly producers: number;
  /** Turns; in each of them every producer sends something, or ends its transaction. */
  readonly turns: number;
  /** A message's value; its name is unlike all others. */
  readonly eventOf: (name: string) => string;
  readonly random: Random;
}

interface Sender {
  readonly producer: Producer;
  open: { readonly transaction: Transaction; readonly names: string[] } | null;
}

/**
 * Sends transactions of several producers that overlap, of a few messages or of hundreds, some
 * committed and some aborted, with messages between them that are in none. None is open at the end.
 */
export async function sendTransactions(
  kafka: KafkaClient,
  options: TrafficOptions,
): Promise<TransactionalTraffic> {
  const { topic, producers, turns, random } = options;
  const traffic: TransactionalTraffic = { all: [], committed: new Set() };
  const senders: Sender[] = [];
  for (let at = 0; at < producers; at += 1) {
    const transactionalId = `${topic}-${at}`;
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    senders.push({ producer, open: null });
  }
  const plain = kafka.producer();
  await plain.connect();
  const batchOf = (names: readonly string[]) => ({
    topic,
    compression: random.chance(0.5) ? CompressionTypes.GZIP : CompressionTypes.None,
    messages: names.map((name) => ({ key: 'one partition', value: options.eventOf(name) })),
  });
  const fresh = (who: string): string[] => {
    const count = random.chance(0.1) ? 200 : random.between(1, 5);
    const names = Array.from({ length: count }, (_, i) => `${who}-${traffic.all.length + i}`);
    traffic.all.push(...names);
    return names;
  };
  const end = async (sender: Sender): Promise<void> => {
    const { open } = sender;
    if (open === null) return;
    sender.open = null;
    if (random.chance(0.5)) return open.transaction.abort();
    await open.transaction.commit();
    for (const name of open.names) traffic.committed.add(name);
  };

  try {
    for (let turn = 0; turn < turns; turn += 1) {
      for (const [at, sender] of senders.entries()) {
        if (sender.open !== null && random.chance(0.4)) await end(sender);
        else {
          sender.open ??= { transaction: await sender.producer.transaction(), names: [] };
          const names = fresh(`p${at}`);
          sender.open.names.push(...names);
          await sender.open.transaction.send(batchOf(names));
        }
      }
      if (random.chance(0.5)) continue;
      const names = fresh('plain');
      for (const name of names) traffic.committed.add(name);
      await plain.send(batchOf(names));
    }
    for (const sender of senders) await end(sender);
    return traffic;
  } finally {
    const clients = [plain, ...senders.map(({ producer }) => producer)];
    await Promise.all(clients.map((client) => client.disconnect()));
  }
}
