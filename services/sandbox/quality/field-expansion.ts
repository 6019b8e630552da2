/** The fields that a request selects: name → those below it; null selects all of them. */
export type Selection = ReadonlyMap<string, Selection | null>;

/** What a request may select, by name; null where nothing is below it. */
export type Node = Readonly<{ [name: string]: Node | null }>;

const LONGEST = 4096;
const DEEPEST = 10;

/**
 * Reads Graph API's field expansion, `web{event_name,acr{percentage}}`; null where it has another form.
 * Source: Meta, Graph API, field expansion.
 */
export function parseFields(text: string): Selection | null {
  if (text.length > LONGEST) return null;
  const tokens = text.match(/\w+|[{},]|[^\s]/g) ?? [];
  const open: Map<string, Selection | null>[] = [new Map()];
  let last: string | null = null;
  for (const token of tokens) {
    const fields = open.at(-1);
    if (fields === undefined || open.length > DEEPEST) return null;
    if (/^\w+$/.test(token)) {
      if (last !== null) return null;
      fields.set(token, null);
      last = token;
    } else if (token === '{') {
      if (last === null || last === '}') return null;
      const below = new Map<string, Selection | null>();
      fields.set(last, below);
      open.push(below);
      last = null;
    } else if (token === '}') {
      open.pop();
      last = '}';
    } else if (token === ',' && last !== null) {
      last = null;
    } else {
      return null;
    }
  }
  return open.length === 1 ? (open[0] ?? null) : null;
}

/** A selected field that the node does not have; null where it has them all. */
export function unknownField(selection: Selection, node: Node): string | null {
  for (const [name, below] of selection) {
    if (!Object.hasOwn(node, name)) return name;
    const of = node[name] ?? {};
    const unknown = below === null ? null : unknownField(below, of);
    if (unknown !== null) return unknown;
  }
  return null;
}

/** The selected part of a value; each entry of a list is selected from alike. */
export function selectFields(value: unknown, selection: Selection | null): unknown {
  if (selection === null || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => selectFields(each, selection));
  const fields = Object.entries(value).filter(([name]) => selection.has(name));
  return Object.fromEntries(
    fields.map(([name, each]) => [name, selectFields(each, selection.get(name) ?? null)]),
  );
}
