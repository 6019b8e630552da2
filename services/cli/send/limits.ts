/** More belong into Kafka: the command neither batches nor retries. */
export const MOST_SENT = 100;
