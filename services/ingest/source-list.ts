import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import type { Source } from '#store/intake/envelope.ts';

/** The topics and partitions that records were read from, each once. */
export class SourceList {
  readonly all: Source[] = [];
  private readonly positions = new Map<string, number>();

  /** The position of a record's source in the list. */
  positionOf({ topic, partition }: KafkaCoordinates): number {
    const key = `${topic}/${partition}`;
    const known = this.positions.get(key);
    if (known !== undefined) return known;
    this.positions.set(key, this.all.length);
    return this.all.push([topic, partition]) - 1;
  }
}
