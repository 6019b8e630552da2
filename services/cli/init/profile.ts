import { compilePath, readPath } from '#core/event/path.ts';
import { asObject, callOf, type Json } from '#core/event/track-event.ts';
import { holdsEmail } from '#core/privacy/personal-data.ts';
import { printable } from '../output/text.ts';

/** Different values of one kind that are counted; more of them are no basis for a proposal. */
const MOST_VALUES = 300;

const LONGEST = 100;

/** A value, and in how many events it was. */
export interface Seen {
  readonly value: string;
  readonly count: number;
}

/** Counts values; of too many different ones, only the first are kept. */
class Tally {
  private readonly counts = new Map<string, number>();

  add(value: string): void {
    if (value.length > LONGEST || value.trim() === '' || printable(value) !== value) return;
    if (holdsEmail(value)) return;
    const count = this.counts.get(value) ?? 0;
    if (count > 0 || this.counts.size < MOST_VALUES) this.counts.set(value, count + 1);
  }

  /** The most frequent ones first. */
  list(): readonly Seen[] {
    const all = [...this.counts].map(([value, count]) => ({ value, count }));
    return all.sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
  }
}

/**
 * Where an event may say which source it is from. Sources: Segment Spec, common fields (`channel`,
 * `context.library.name`, `context.app.name`); `projectId`, as Segment's libraries are known to the server;
 * `context.source`, as in our own example.
 */
const SOURCE_PATHS = [
  'context.source',
  'projectId',
  'channel',
  'context.app.name',
  'context.library.name',
] as const;

/** The values at one of {@link SOURCE_PATHS}. */
export interface SourceSeen {
  readonly path: string;
  readonly values: readonly Seen[];
}

/** What a sample of messages has in it, as far as it is a basis for a configuration; no personal data. */
export class SampleProfile {
  messages = 0;
  /** Messages that are no event. */
  unreadable = 0;
  tracks = 0;
  /** Page and screen calls. */
  pages = 0;
  private readonly names = new Tally();
  private readonly properties = new Tally();
  private readonly sources = SOURCE_PATHS.map((path) => {
    return { path, steps: compilePath(path), tally: new Tally() };
  });

  /** @param event null for a message that is none */
  add(event: Json | null): void {
    this.messages += 1;
    const call = event === null ? 'unreadable' : callOf(event);
    if (event === null || call === 'unreadable') {
      this.unreadable += 1;
      return;
    }
    for (const { steps, tally } of this.sources) {
      const value = readPath(event, steps);
      if (typeof value === 'string') tally.add(value);
    }
    if (call === 'page') this.pages += 1;
    if (call !== 'track') return;
    this.tracks += 1;
    const name = event['event'];
    if (typeof name === 'string') this.names.add(name.trim());
    for (const key of Object.keys(asObject(event['properties']) ?? {})) this.properties.add(key);
  }

  /** Names of Track events. */
  get events(): readonly Seen[] {
    return this.names.list();
  }

  /** Keys of `properties` of Track events. */
  get propertyNames(): readonly Seen[] {
    return this.properties.list();
  }

  /** Places that tell sources apart: they have a few values, and more than one. */
  get distinctSources(): readonly SourceSeen[] {
    return this.sources
      .map(({ path, tally }) => ({ path, values: tally.list() }))
      .filter(({ values }) => values.length > 1 && values.length <= MOST_SOURCES);
  }
}

const MOST_SOURCES = 12;
