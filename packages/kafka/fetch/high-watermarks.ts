/*
 * Where partitions end, with what no one may read yet because a transaction before it is open: only
 * an answer to Fetch says it, and a consumer of kafkajs is told nothing of answers without messages.
 */
const known = new Map<string, number>();

export function noteHighWatermark(topic: string, partition: number, offset: number): void {
  known.set(`${topic}/${partition}`, offset);
}

/** The offset after the newest message as of the last fetch; null when none has been. */
export function highWatermarkOf(topic: string, partition: number): number | null {
  return known.get(`${topic}/${partition}`) ?? null;
}
