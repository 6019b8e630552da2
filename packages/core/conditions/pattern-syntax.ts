import { ParseFault } from '../text/parse-fault.ts';
import {
  ANY_CHARACTER,
  CHARACTER_CLASSES,
  type CodeRange,
  LAST_CODE_POINT,
  negated,
} from './character-sets.ts';

/** A pattern as it is written. */
export type PatternNode =
  | { readonly kind: 'set'; readonly ranges: readonly CodeRange[] }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      readonly max: number;
    };

/** In UTF-16 units, so that groups cannot nest without end. */
const LONGEST_PATTERN = 500;
const MOST_REPEATS = 1000;

const CONTROLS = new Map([
  ['t', 0x09],
  ['n', 0x0a],
  ['v', 0x0b],
  ['f', 0x0c],
  ['r', 0x0d],
]);

const QUANTIFIERS = new Map<string, readonly [min: number, max: number]>([
  ['*', [0, Infinity]],
  ['+', [1, Infinity]],
  ['?', [0, 1]],
]);
const COUNTED = /\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/y;
const CODE_POINT = /x([\da-f]{2})|u([\da-f]{4})|u\{([\da-f]{1,6})\}/iy;

/**
 * Reads a regular expression: the part of JavaScript's syntax, as with its flag `u`, that describes a
 * regular language. Back references, lookaround and `\b` are refused.
 * @throws ParseFault
 */
export function parsePattern(text: string): PatternNode {
  if (text.length > LONGEST_PATTERN) {
    const fix = `use at most ${LONGEST_PATTERN} characters, or several patterns under any`;
    throw new ParseFault('is too long a pattern', fix);
  }
  return new PatternParser(text).parse();
}

class PatternParser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  parse(): PatternNode {
    const node = this.choice();
    if (this.at < this.text.length) throw unbalanced();
    return node;
  }

  private choice(): PatternNode {
    const parts = [this.sequence()];
    while (this.skip('|')) parts.push(this.sequence());
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'choice', parts };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.text.length && this.next !== '|' && this.next !== ')') {
      parts.push(this.quantified());
    }
    return { kind: 'sequence', parts };
  }

  private quantified(): PatternNode {
    if (this.skip('^')) return { kind: 'start' };
    if (this.skip('$')) return { kind: 'end' };
    const node = this.atom();
    const times = this.quantifier();
    if (times === null) return node;
    // Whether it takes as much or as little as it can makes no difference to whether it matches.
    this.skip('?');
    const [min, max] = times;
    return { kind: 'repeat', node, min, max };
  }

  private quantifier(): readonly [min: number, max: number] | null {
    const times = QUANTIFIERS.get(this.next);
    if (times !== undefined) {
      this.at += 1;
      return times;
    }
    if (this.next !== '{') return null;
    const [whole, from = '', comma, to] = this.match(COUNTED) ?? [];
    if (whole === undefined) throw loose('{');
    const min = Number(from);
    const most = comma === undefined ? min : Infinity;
    const max = to === undefined ? most : Number(to);
    if (min > max) throw new ParseFault('repeats at most less than at least', 'swap the two');
    if (min > MOST_REPEATS || (max > MOST_REPEATS && max !== Infinity)) throw tooManyRepeats();
    return [min, max];
  }

  private atom(): PatternNode {
    if (this.skip('(')) return this.group();
    if (this.skip('[')) return { kind: 'set', ranges: this.bracketed() };
    if (this.skip('.')) return { kind: 'set', ranges: ANY_CHARACTER };
    if (this.skip('\\')) return { kind: 'set', ranges: this.escaped() };
    if ('*+?{}]'.includes(this.next)) throw loose(this.next);
    const point = this.point();
    return { kind: 'set', ranges: [[point, point]] };
  }

  private group(): PatternNode {
    if (this.next === '?' && !this.skip('?:')) {
      const fix = 'use ( ) or (?: ); combine patterns with all, any and not';
      throw new ParseFault('has a group that is not supported, such as lookahead', fix);
    }
    const node = this.choice();
    if (!this.skip(')')) throw unbalanced();
    return node;
  }

  private bracketed(): readonly CodeRange[] {
    const isNegated = this.skip('^');
    const ranges: CodeRange[] = [];
    while (!this.skip(']')) {
      if (this.at >= this.text.length) throw unbalanced();
      const first = this.member();
      const [only] = first;
      const isRange = this.next === '-' && !this.text.startsWith('-]', this.at);
      if (!isRange) ranges.push(...first);
      else {
        this.at += 1;
        if (this.at >= this.text.length) throw unbalanced();
        ranges.push(rangeBetween(only, this.member()[0]));
      }
    }
    return isNegated ? negated(ranges) : ranges;
  }

  private member(): readonly CodeRange[] {
    if (this.skip('\\')) return this.escaped();
    const point = this.point();
    return [[point, point]];
  }

  /** What stands behind a backslash. */
  private escaped(): readonly CodeRange[] {
    const { next } = this;
    const known = CHARACTER_CLASSES.get(next);
    if (known !== undefined) {
      this.at += 1;
      return known;
    }
    const [whole, x, u, braced] = this.match(CODE_POINT) ?? [];
    const code = whole === undefined ? CONTROLS.get(next) : parseInt(x ?? u ?? braced ?? '', 16);
    if (whole === undefined && code !== undefined) this.at += 1;
    const point = code ?? this.literal();
    if (point > LAST_CODE_POINT)
      throw new ParseFault('names no character', 'use at most \\u{10FFFF}');
    return [[point, point]];
  }

  private literal(): number {
    if (/^[\da-z]?$/i.test(this.next)) {
      const fix =
        'write a backslash before punctuation only, or one of \\d \\w \\s \\t \\n \\xHH \\uHHHH';
      throw new ParseFault(`has \\${this.next}, which is not supported`, fix);
    }
    return this.point();
  }

  private point(): number {
    const point = this.text.codePointAt(this.at) ?? 0;
    this.at += point > 0xffff ? 2 : 1;
    return point;
  }

  private get next(): string {
    return this.text.charAt(this.at);
  }

  private skip(text: string): boolean {
    if (!this.text.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found !== null) this.at += found[0].length;
    return found;
  }
}

function rangeBetween(low: CodeRange | undefined, high: CodeRange | undefined): CodeRange {
  const isRange = low?.[0] === low?.[1] && high?.[0] === high?.[1];
  if (low !== undefined && high !== undefined && isRange && low[0] <= high[0])
    return [low[0], high[0]];
  throw new ParseFault(
    'has a range in [ ] that is empty',
    'write the lower character first, or \\-',
  );
}

function loose(character: string): ParseFault {
  const message = `has ${character} where there is nothing that it refers to`;
  return new ParseFault(message, `write \\${character} for the character itself`);
}

function unbalanced(): ParseFault {
  return new ParseFault(
    'has brackets that do not match',
    'close each ( and [, or write \\( and \\[',
  );
}

function tooManyRepeats(): ParseFault {
  return new ParseFault('repeats too often', `repeat at most ${MOST_REPEATS} times, or use + or *`);
}
