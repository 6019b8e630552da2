import type { MessageGenerator } from './generator.ts';
import { keyOfLine } from './lines.ts';

/** A message on its way to Kafka. */
export interface Outgoing {
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers?: Record<string, string>;
}

/** Where messages come from. */
export interface Feed {
  /** At least one and at most `most` of the next messages; none at the end. */
  next(most: number): Promise<readonly Outgoing[]>;
}

/** Messages without end. */
export function feedGenerated(generator: MessageGenerator, clock: () => number): Feed {
  return { next: async (most) => generator.take(most, clock()) };
}

/** One message a line, each as it stands. */
export function feedLines(lines: AsyncIterator<readonly Buffer[]>): Feed {
  let waiting: readonly Buffer[] = [];
  return {
    async next(most) {
      if (waiting.length === 0) waiting = (await lines.next()).value ?? [];
      const taken = waiting.slice(0, most);
      waiting = waiting.slice(most);
      return taken.map((value) => ({ key: keyOfLine(value), value }));
    },
  };
}
