import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isJson, type Json, laidOver, without, writtenOut } from './json-data.ts';

/** One server event, or why there is none. */
export type Becomes = Json | string;

/** One case as its file has it. README.md says what the fields mean. */
interface WrittenCase {
  readonly name: string;
  readonly source: string;
  readonly reason: string;
  readonly settings?: Json;
  readonly now?: string;
  readonly line?: string;
  readonly event?: Json;
  readonly change?: Json;
  readonly without?: readonly string[];
  readonly becomes: Becomes | readonly Becomes[];
  readonly warnings?: readonly string[];
}

/** One case with everything filled in. */
export interface Case {
  readonly subject: string;
  readonly name: string;
  readonly source: string;
  readonly reason: string;
  readonly settings: Json;
  /** When it is judged, as ISO 8601. */
  readonly now: string;
  /** What the command reads: a line of text. */
  readonly line: string;
  /** The server events with readable values, or `reject too_old` and such. */
  readonly becomes: readonly Becomes[];
  /** `code path` of each warning, in order. */
  readonly warnings: readonly string[];
}

const FOLDER = join(import.meta.dirname, '../cases');
const BASE = readJson(join(import.meta.dirname, 'base.json')) as unknown as {
  readonly event: Json;
  readonly becomes: Json;
  readonly now: string;
};

/** Every case of the corpus, by file. */
export function readCases(): readonly Case[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .flatMap((file) => {
      const written = readJson(join(FOLDER, file)) as unknown as readonly WrittenCase[];
      return written.map((each) => filledIn(each, basename(file, '.json')));
    });
}

function filledIn(written: WrittenCase, subject: string): Case {
  const { name, source, reason, settings = {}, now = BASE.now, warnings = [] } = written;
  const isWhole = written.event !== undefined;
  const becomes = [written.becomes].flat().map((each: Becomes): Becomes => {
    if (!isJson(each)) return each;
    return writtenOut(isWhole ? each : laidOver(BASE.becomes, each)) as Json;
  });
  return {
    ...{ subject, name, source, reason, settings, now, becomes, warnings },
    line: written.line ?? JSON.stringify({ settings, event: eventOf(written), now }),
  };
}

function eventOf({ event, change = {}, without: paths = [] }: WrittenCase): unknown {
  return writtenOut(event ?? without(overlaid(BASE.event, change), paths));
}

/** As {@link laidOver}, but null is a value of JSON here. */
function overlaid(base: Json, change: Json): Json {
  return laidOver(base, change, { keepsNull: true });
}

function readJson(file: string): Json {
  return JSON.parse(readFileSync(file, 'utf8')) as Json;
}
