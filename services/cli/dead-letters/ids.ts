import { UsageError } from '#config/errors.ts';
import { EVERY_DEAD_LETTER } from '#core/dead-letter/filter.ts';
import { findByPrefix } from '#store/dead-letters/find-id.ts';
import { selectPage } from '#store/dead-letters/select.ts';
import type { SealedStore } from '#store/store.ts';
import { printable } from '../output/text.ts';

const MOST_LISTED = 10;

/**
 * The id that a person means by it or by its first characters; as given where no dead letter has it.
 * @throws UsageError that lists the candidates when there are several
 */
export async function resolveId(store: SealedStore, text: string): Promise<string> {
  const found = await findByPrefix(store, text);
  const [first] = found;
  if (first === undefined) return text;
  if (found.length === 1) return first.id;
  const lines = found
    .slice(0, MOST_LISTED)
    .map(({ id, reason, eventName }) => `  ${id}  ${reason}  ${printable(eventName ?? '–')}`);
  const more = found.length > MOST_LISTED ? ['  and more'] : [];
  const all = [...lines, ...more].join('\n');
  throw new UsageError(`“${printable(text)}” is the start of several ids:\n${all}`);
}

/** The id of the newest dead letter; null when there is none. */
export async function newestId(store: SealedStore): Promise<string | null> {
  const { letters } = await selectPage(store, EVERY_DEAD_LETTER, { limit: 1 });
  return letters[0]?.id ?? null;
}
