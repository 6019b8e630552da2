import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { readMessage } from '#core/kafka-message.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { writeRecord } from '#core/record.ts';
import { createRouter } from '#core/routing.ts';
import type { PixelConfiguration } from '#runtime/configuration/configuration.ts';

/** What a dead letter becomes with today's settings. */
export type Remade =
  | {
      readonly kind: 'send';
      readonly records: readonly { pixelId: string; line: Buffer }[];
      readonly filtered: readonly string[];
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string };

/** Its records say 0 here: the envelope they go into has other sources. */
const ANY_SOURCE = 0;

/**
 * Judges dead letters anew. One that Meta refused goes as it was; one that the mapping refused is
 * mapped with today's settings, because they may be what was mended.
 */
export function createRemaker(
  pixels: readonly PixelConfiguration[],
): (facts: DeadLetterFacts, content: Buffer, now: number) => Remade {
  const route = createRouter(pixels);
  const configured = new Set(pixels.map(({ pixelId }) => pixelId));
  const mappers = pixels.map((pixel) => ({ pixelId: pixel.pixelId, map: createMapper(pixel) }));

  const wanted = (facts: DeadLetterFacts, event: object): readonly number[] =>
    facts.pixelId === null
      ? route(facts.kafka.topic, event)
      : mappers.flatMap(({ pixelId }, index) => (pixelId === facts.pixelId ? [index] : []));

  return (facts, content, now) => {
    if (facts.pixelId !== null && !configured.has(facts.pixelId)) {
      return refused('no_pixel', 'its pixel is not configured');
    }
    if (facts.holds === 'record') {
      const record = { pixelId: facts.pixelId ?? '', line: content };
      return { kind: 'send', records: [record], filtered: [] };
    }
    const event = parse(readMessage(content).value);
    if (event === null) return refused('invalid_event', 'the message still cannot be read');
    const records: { pixelId: string; line: Buffer }[] = [];
    const filtered: string[] = [];
    for (const index of wanted(facts, event)) {
      const mapper = mappers[index];
      if (mapper === undefined) continue;
      const verdict = mapper.map(event, now);
      if (verdict.outcome === 'reject') return refused(verdict.reason, verdict.message);
      if (verdict.outcome === 'filter') filtered.push(mapper.pixelId);
      else {
        const line = Buffer.from(writeRecord(verdict.event, facts.kafka, ANY_SOURCE), 'utf8');
        records.push({ pixelId: mapper.pixelId, line });
      }
    }
    if (records.length + filtered.length > 0) return { kind: 'send', records, filtered };
    return refused('no_pixel', 'no configured pixel wants this event');
  };
}

function refused(reason: string, message: string): Remade {
  return { kind: 'refused', reason, message };
}

function parse(value: Buffer | null): object | null {
  try {
    const event: unknown = JSON.parse(value?.toString('utf8') ?? '');
    return typeof event === 'object' && event !== null && !Array.isArray(event) ? event : null;
  } catch {
    return null;
  }
}
