import type { EventPart } from '#core/mapping/pixel-mapper.ts';
import { textOf } from '#core/mapping/scalars.ts';
import { isPlaceholder } from '#core/normalise/normaliser.ts';
import type { Intake } from '#store/intake/writer.ts';
import type { MessageNames } from '#store/receipts/names.ts';

/** Names of one generation; two of them are remembered. */
const MOST_REMEMBERED = 100_000;

/**
 * What a name counts for in an intake, in bytes: it takes about 100 here, and Redis looks it up in each
 * part of the window, between which it does nothing else. A repeated event has no record that counts.
 */
const BYTES_OF_NAME = 256;

/**
 * Recognises events that were queued before. Redis has the window and decides; what is remembered here
 * is a guess, which spares reading messages again. An intake says what it queues and what it leaves
 * out, and Redis refuses it where either is wrong.
 */
export class DuplicateWindow {
  private readonly names: Pick<MessageNames, 'textOf'>;
  /** Of the intake that is being read, and of the one that is being written. */
  private fresh = new Set<string>();
  private repeated = new Set<string>();
  private underWay: ReadonlySet<string> = new Set();
  /** Known to be in Redis: the newest, and those before. */
  private recent = new Set<string>();
  private earlier = new Set<string>();

  constructor(names: Pick<MessageNames, 'textOf'>) {
    this.names = names;
  }

  /** What the names of the intake that is being read count for. */
  get bytes(): number {
    return BYTES_OF_NAME * (this.fresh.size + this.repeated.size);
  }

  /**
   * Whether an event was queued before; if not, it is to be queued now.
   * @param part which of the events that the message becomes for the pixel: each is one of its own
   */
  isRepeated(pixelId: string, messageId: unknown, part: EventPart = null): boolean {
    const id = textOf(messageId);
    // All events with a placeholder would be duplicates of each other.
    if (id === null || isPlaceholder(id)) return false;
    // The length keeps the part and the id apart, whatever they consist of.
    const which = part === null ? `${pixelId} ` : `${pixelId}:${part.length}:${part}`;
    const name = this.names.textOf(which + id);
    if (this.fresh.has(name)) return true;
    if (this.underWay.has(name) || this.recent.has(name) || this.earlier.has(name)) {
      this.repeated.add(name);
      return true;
    }
    this.fresh.add(name);
    return false;
  }

  /** The names of an intake, which is written next. */
  take(): NonNullable<Intake['names']> {
    const { fresh, repeated } = this;
    this.clear();
    this.underWay = fresh;
    return { fresh: [...fresh].map(bytesOf), repeated: [...repeated].map(bytesOf) };
  }

  /** Forgets what was read and not written: it will be read again. */
  clear(): void {
    this.fresh = new Set();
    this.repeated = new Set();
    this.underWay = new Set();
  }

  /** The intake of the last {@link DuplicateWindow.take} is in Redis. */
  onWritten(): void {
    this.remember(this.underWay);
    this.underWay = new Set();
  }

  /**
   * Redis has refused it.
   * @param known places of its fresh names that Redis has; null where what is remembered here is wrong
   */
  onRefused(known: readonly number[] | null): void {
    const fresh = [...this.underWay];
    this.underWay = new Set();
    if (known === null) {
      this.recent = new Set();
      this.earlier = new Set();
    } else {
      this.remember(known.flatMap((place) => fresh[place] ?? []));
    }
  }

  private remember(names: Iterable<string>): void {
    if (this.recent.size >= MOST_REMEMBERED) {
      this.earlier = this.recent;
      this.recent = new Set();
    }
    for (const name of names) this.recent.add(name);
  }
}

function bytesOf(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}
