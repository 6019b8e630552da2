import { SchemaFault } from '../schema-fault.ts';

/** A word, a text, a number or a sign of a .proto file. */
interface Token {
  readonly kind: 'word' | 'text' | 'sign';
  readonly value: string;
}

const SPACE = /\s+/y;
/** Names with their dots, and numbers, which are read as words. */
const WORD = /[\w.]+/y;
const TEXT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;

const END: Token = { kind: 'sign', value: '' };

/**
 * The tokens of a .proto file, one after the other.
 * Source: protobuf.dev/reference/protobuf/proto3-spec, "Lexical Elements".
 */
export class Tokens {
  private next: Token;
  private at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
    this.next = this.read();
  }

  get isOver(): boolean {
    return this.next === END;
  }

  /** The token that comes, and what follows it comes then. */
  take(): Token {
    const token = this.next;
    if (token === END) throw new SchemaFault('ends in the middle');
    this.next = this.read();
    return token;
  }

  /** Takes the next token if it is this sign or word. */
  takes(value: string): boolean {
    if (this.next.kind === 'text' || this.next.value !== value || this.isOver) return false;
    this.next = this.read();
    return true;
  }

  expect(value: string): void {
    if (!this.takes(value)) throw new SchemaFault(`is no .proto file: ${value} is missing in it`);
  }

  word(): string {
    const { kind, value } = this.take();
    if (kind !== 'word') throw new SchemaFault('is no .proto file: a name is missing in it');
    return value;
  }

  /** A whole number that is not negative. */
  number(): number {
    const value = Number(this.word());
    if (!Number.isSafeInteger(value)) throw new SchemaFault('has a field without a number');
    return value;
  }

  /** Skips up to a semicolon, or to the end of a block, and over what brackets and braces hold. */
  skipStatement(): void {
    let open = 0;
    for (;;) {
      const { kind, value } = this.take();
      if (kind !== 'sign') continue;
      if (value === '{' || value === '[') open += 1;
      if (value === '}' || value === ']') open -= 1;
      if (open === 0 && (value === ';' || value === '}')) return;
    }
  }

  private read(): Token {
    this.skipBlank();
    if (this.at >= this.source.length) return END;
    const word = this.match(WORD);
    if (word !== null) return { kind: 'word', value: word };
    const text = this.match(TEXT);
    if (text !== null) return { kind: 'text', value: text.slice(1, -1) };
    const value = this.source.charAt(this.at);
    // Going on would look for its end from each of many.
    if (value === '"' || value === "'") throw new SchemaFault('has a text without an end');
    this.at += 1;
    return { kind: 'sign', value };
  }

  /** Space and comments. */
  private skipBlank(): void {
    for (;;) {
      this.match(SPACE);
      const start = this.source.slice(this.at, this.at + 2);
      if (start !== '//' && start !== '/*') return;
      const end = start === '//' ? '\n' : '*/';
      const found = this.source.indexOf(end, this.at + 2);
      if (found < 0 && start === '/*') throw new SchemaFault('has a comment without an end');
      this.at = found < 0 ? this.source.length : found + end.length;
    }
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const [found = null] = pattern.exec(this.source) ?? [];
    if (found !== null) this.at += found.length;
    return found;
  }
}
