import { generateMessages } from '#cli/produce/generator.ts';
import { SOURCES } from './fleet.ts';

/** Traffic of which it is known what must become of it. */
export interface Traffic {
  readonly messages: readonly { readonly key: string; readonly value: Buffer }[];
  /** The ids of the events that must be delivered. */
  readonly good: ReadonlySet<string>;
}

/** A shop's traffic of now, another one each time: a test must not depend on which events are in it. */
export function createTraffic(seed: string, count: number, badShare = 0): Traffic {
  const generator = generateMessages({ seed, startMs: Date.now(), sources: SOURCES, badShare });
  const messages = generator.take(count);
  const good = messages
    .filter(({ kind }) => kind === 'good')
    .map(({ value }) => (JSON.parse(value.toString()) as { messageId: string }).messageId);
  return { messages, good: new Set(good) };
}
