/*
 * JSON of any depth. JSON.parse reads any number of levels; JSON.stringify is recursive, and throws a
 * RangeError after some thousands.
 */

interface Open {
  /** Null for an array. */
  readonly names: readonly string[] | null;
  readonly values: readonly unknown[];
  at: number;
}

/** {@link JSON.stringify} for a value that JSON.parse returned, whatever its depth. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return writeIteratively(value);
  }
}

function writeIteratively(root: unknown): string {
  const parts: string[] = [];
  const open: Open[] = [];
  begin(root, parts, open);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const { names, values, at } = top;
    if (at === values.length) {
      parts.push(names === null ? ']' : '}');
      open.pop();
      continue;
    }
    if (at > 0) parts.push(',');
    if (names !== null) parts.push(JSON.stringify(names[at]), ':');
    top.at += 1;
    begin(values[at], parts, open);
  }
  return parts.join('');
}

function begin(value: unknown, parts: string[], open: Open[]): void {
  if (Array.isArray(value)) {
    parts.push('[');
    open.push({ names: null, values: value, at: 0 });
  } else if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).filter(([, each]) => each !== undefined);
    parts.push('{');
    const names = members.map(([name]) => name);
    open.push({ names, values: members.map(([, each]) => each), at: 0 });
  } else {
    parts.push(JSON.stringify(value) ?? 'null');
  }
}

/** How many levels are indented for people; deeper parts stay on one line. */
export const READABLE_LEVELS = 64;

/** JSON for people, two spaces a level, up to {@link READABLE_LEVELS}: indenting all would be huge. */
export function indentedJson(value: unknown, level = 0): string {
  if (typeof value !== 'object' || value === null || level >= READABLE_LEVELS)
    return jsonText(value);
  const isList = Array.isArray(value);
  const members = Object.entries(value)
    .filter(([, each]) => isList || each !== undefined)
    .map(
      ([name, each]) =>
        `${isList ? '' : `${JSON.stringify(name)}: `}${indentedJson(each, level + 1)}`,
    );
  const [first, last] = isList ? '[]' : '{}';
  if (members.length === 0) return `${first}${last}`;
  const indent = `\n${'  '.repeat(level + 1)}`;
  return `${first}${indent}${members.join(`,${indent}`)}\n${'  '.repeat(level)}${last}`;
}

/** Whether objects and arrays are nested deeper than `levels`. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeperThan(each, levels - 1));
}

/** A value of JSON with every text in it changed, but for names. */
export function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each) => withTexts(each, change));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  return Object.fromEntries(members.map(([name, each]) => [name, withTexts(each, change)]));
}
