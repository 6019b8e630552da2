import type { KeyPath } from './problems.ts';

/** Deeper than any configuration; what is deeper is left to the parser of YAML, which says so. */
const DEEPEST = 50;

/** What a configuration file says, and where. */
export interface WrittenValue {
  readonly value: unknown;
  /** The line of a path, or of its nearest ancestor in the file. */
  lineOf(path: KeyPath): number | null;
}

/**
 * Reads an object of JSON without the parser of YAML, which takes longer to load than all our own
 * code, and a hundred times as long to read it.
 * @returns null where the text is something else, or YAML would take it in another way: a key comes
 *   twice, or merges
 */
export function readJson(text: string): WrittenValue | null {
  if (!/^\s*\{/.test(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!new Scan(text, () => {}).run()) return null;
  let lines: ReadonlyMap<string, number> | null = null;
  return {
    value,
    lineOf(path) {
      lines ??= linesOf(text);
      for (let length = path.length; length > 0; length -= 1) {
        const line = lines.get(keyOf(path.slice(0, length)));
        if (line !== undefined) return line;
      }
      return null;
    },
  };
}

function keyOf(path: KeyPath): string {
  return JSON.stringify(path);
}

/** Path → the line on which its value starts. */
function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let [line, counted] = [1, 0];
  new Scan(text, (path, at) => {
    for (; counted < at; counted += 1) if (text[counted] === '\n') line += 1;
    lines.set(keyOf(path), line);
  }).run();
  return lines;
}

/** One pass over valid JSON, which calls back for each value. */
class Scan {
  private at = 0;
  private readonly path: (string | number)[] = [];
  private readonly text: string;
  private readonly onValue: (path: KeyPath, at: number) => void;

  constructor(text: string, onValue: (path: KeyPath, at: number) => void) {
    this.text = text;
    this.onValue = onValue;
  }

  /** False when it ended early: at a key that YAML would take in another way, or too deep. */
  run(): boolean {
    return this.value();
  }

  private value(): boolean {
    this.skipSpace();
    this.onValue(this.path, this.at);
    if (this.path.length > DEEPEST) return false;
    const first = this.text[this.at];
    if (first === '{') return this.object();
    if (first === '[') return this.array();
    if (first === '"') this.string();
    else while (!' \n\r\t,]}'.includes(this.text[this.at] ?? ',')) this.at += 1;
    return true;
  }

  private object(): boolean {
    const known = new Set<string>();
    while (this.entersNext('}')) {
      this.skipSpace();
      const key = this.string();
      if (key === '<<' || known.has(key)) return false;
      known.add(key);
      this.skipSpace();
      this.at += 1;
      if (!this.within(key)) return false;
    }
    return true;
  }

  private array(): boolean {
    for (let index = 0; this.entersNext(']'); index += 1) if (!this.within(index)) return false;
    return true;
  }

  private within(step: string | number): boolean {
    this.path.push(step);
    const done = this.value();
    this.path.pop();
    return done;
  }

  /** Goes past a bracket that opens, or a comma; false, past the end, when nothing more comes. */
  private entersNext(end: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== end) this.at += 1;
    this.skipSpace();
    if (this.text[this.at] !== end) return true;
    this.at += 1;
    return false;
  }

  private string(): string {
    const start = this.at;
    for (this.at += 1; this.text[this.at] !== '"'; this.at += 1) {
      if (this.text[this.at] === '\\') this.at += 1;
    }
    this.at += 1;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private skipSpace(): void {
    while (' \n\r\t'.includes(this.text[this.at] ?? 'x')) this.at += 1;
  }
}
