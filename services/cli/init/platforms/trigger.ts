/** The calls that a trigger of Segment lets through. */
export interface TriggerResult {
  /** Names of Track events. */
  readonly events: readonly string[];
  /** True for every Track event. */
  readonly everyTrack: boolean;
  /** True for page or screen calls. */
  readonly pages: boolean;
}

/** One alternative: what `type` and `event` must be; undefined for anything. */
interface Alternative {
  readonly type?: string;
  readonly event?: string;
}

const LONGEST = 2000;
const MOST_ALTERNATIVES = 500;
const TOKEN = /\s*(?:"([^"\\]*)"|([A-Za-z_][\w.]*)|([=()]))/y;

/** Kind and text of a token. */
type Token = readonly [kind: 'text' | 'word' | 'sign', text: string];

/**
 * What a trigger such as `type = "track" and (event = "A" or event = "B")` says. Null for conditions on
 * anything but type and event, and for other comparisons.
 * Source: Segment, destination filters and triggers (FQL)
 * (https://www.twilio.com/docs/segment/connections/destinations/destination-filters).
 */
export function readTrigger(text: string): TriggerResult | null {
  const tokens = text.length > LONGEST ? null : tokensOf(text);
  if (tokens === null) return null;
  const parser = new Parser(tokens);
  const alternatives = parser.disjunction();
  if (alternatives === null || !parser.isDone()) return null;
  const tracks = alternatives.filter(({ type = 'track' }) => type === 'track');
  return {
    events: [...new Set(tracks.flatMap(({ event }) => event ?? []))],
    everyTrack: tracks.some(({ event }) => event === undefined),
    pages: alternatives.some(({ type }) => type === 'page' || type === 'screen'),
  };
}

function tokensOf(text: string): Token[] | null {
  const tokens: Token[] = [];
  const source = text.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const [, quoted, word, sign] = TOKEN.exec(source) ?? [];
    if (quoted !== undefined) tokens.push(['text', quoted]);
    else if (word !== undefined) tokens.push(['word', word.toLowerCase()]);
    else if (sign !== undefined) tokens.push(['sign', sign]);
    else return null;
  }
  return tokens.length === 0 ? null : tokens;
}

/** Reads conditions into alternatives, of which one must hold as a whole. */
class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  isDone(): boolean {
    return this.at === this.tokens.length;
  }

  disjunction(): Alternative[] | null {
    const found = this.conjunction();
    if (found === null) return null;
    while (this.take('word', 'or')) {
      const next = this.conjunction();
      if (next === null) return null;
      found.push(...next);
    }
    return found.length > MOST_ALTERNATIVES ? null : found;
  }

  private conjunction(): Alternative[] | null {
    let found = this.term();
    while (found !== null && this.take('word', 'and')) {
      const next = this.term();
      found = next === null ? null : both(found, next);
    }
    return found;
  }

  private term(): Alternative[] | null {
    if (this.take('sign', '(')) {
      const inside = this.disjunction();
      return this.take('sign', ')') ? inside : null;
    }
    const [name, equals, value] = this.tokens.slice(this.at, this.at + 3);
    if (name?.[0] !== 'word' || equals?.[1] !== '=' || value?.[0] !== 'text') return null;
    this.at += 3;
    if (name[1] === 'type') return [{ type: value[1].toLowerCase() }];
    return name[1] === 'event' ? [{ event: value[1] }] : null;
  }

  private take(kind: Token[0], text: string): boolean {
    const token = this.tokens[this.at];
    const found = token?.[0] === kind && token[1] === text;
    if (found) this.at += 1;
    return found;
  }
}

/** Alternatives that hold together; those that contradict each other are none. */
function both(left: readonly Alternative[], right: readonly Alternative[]): Alternative[] | null {
  if (left.length * right.length > MOST_ALTERNATIVES) return null;
  return left.flatMap((a) => right.flatMap((b) => (isContradiction(a, b) ? [] : { ...a, ...b })));
}

function isContradiction(a: Alternative, b: Alternative): boolean {
  const differ = (x?: string, y?: string) => x !== undefined && y !== undefined && x !== y;
  return differ(a.type, b.type) || differ(a.event, b.event);
}
