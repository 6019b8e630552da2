import { faultOr, type ParseFault } from '../text/parse-fault.ts';
import type { CodeRange } from './character-sets.ts';
import { type PatternProgram, programOf, tooComplex } from './pattern-program.ts';
import { parsePattern } from './pattern-syntax.ts';

/*
 * Regular expressions of users are not left to the engine of JavaScript, which backtracks: one pattern
 * and one text of a stranger could hold up ingest. A pattern is compiled to a deterministic automaton
 * when the configuration is read, so that matching looks at each character of a text once, and a
 * pattern whose automaton would be large is refused.
 * Source: Thompson's construction and the subset construction, https://swtch.com/~rsc/regexp/regexp1.html
 */

const MOST_STATES = 500;

/** Of the construction, so that no pattern takes long to be refused. */
const MOST_WORK = 2_000_000;

const ASCII = 128;

/** In place of a state: the text matches whatever follows, or cannot match any more. */
const MATCHED = -1;
const HOPELESS = -2;

type Matcher = (text: string) => boolean;

/** Whether a text contains a match of the pattern; or why the pattern is refused. */
export function compilePattern(pattern: string): Compiled {
  const known = kept.get(pattern);
  if (known !== undefined) return known;
  const compiled = faultOr(() => automatonOf(programOf(parsePattern(pattern))));
  const cells = LEAST_CELLS + ('cells' in compiled ? compiled.cells : 0);
  if (keptCells + cells > MOST_CELLS) {
    kept.clear();
    keptCells = 0;
  }
  keptCells += cells;
  kept.set(pattern, compiled);
  return compiled;
}

type Automaton = { readonly matches: Matcher; readonly cells: number };
type Compiled = Automaton | Pick<ParseFault, 'message' | 'fix'>;

/**
 * What was compiled: reading a configuration compiles what its mappings compile again, and a thousand
 * pixels may share their patterns. It is bounded by the cells of all tables.
 */
const kept = new Map<string, Compiled>();
let keptCells = 0;
const MOST_CELLS = 2_000_000;
const LEAST_CELLS = 1000;

function automatonOf(program: PatternProgram): Automaton {
  const alphabet = alphabetOf(program);
  const { table, atEnd } = new SubsetConstruction(program, alphabet).build();
  const { classOf, ascii, size } = alphabet;
  const scan: Matcher = (text) => {
    let state = 0;
    for (let at = 0; at < text.length; at += 1) {
      let character = text.charCodeAt(at);
      if (character >= ASCII) {
        character = text.codePointAt(at) ?? 0;
        if (character > 0xffff) at += 1;
        character = classOf(character);
      } else character = ascii[character] ?? 0;
      state = table[state * size + character] ?? HOPELESS;
      if (state < 0) return state === MATCHED;
    }
    return atEnd[state] === true;
  };
  return { matches: (text) => answerFor(text, scan), cells: table.length };
}

/** From this length on, the answers for a text are kept: a megabyte takes some milliseconds for each pattern. */
const LONG_TEXT = 1000;
const MOST_TEXTS = 4;

/** Long text → what patterns answered. A thousand pixels that share a pattern ask for the same text in turn. */
const answers = new Map<string, Map<Matcher, boolean>>();

function answerFor(text: string, scan: Matcher): boolean {
  if (text.length < LONG_TEXT) return scan(text);
  let known = answers.get(text);
  if (known === undefined) {
    if (answers.size >= MOST_TEXTS) answers.clear();
    known = new Map();
    answers.set(text, known);
  }
  let answer = known.get(scan);
  if (answer === undefined) {
    answer = scan(text);
    known.set(scan, answer);
  }
  return answer;
}

/** Characters that no set of a program tells apart are one class. */
interface Alphabet {
  readonly size: number;
  readonly ascii: Uint16Array;
  readonly classOf: (point: number) => number;
  /** One character of each class. */
  readonly samples: readonly number[];
}

function alphabetOf({ steps }: PatternProgram): Alphabet {
  const sets = [...new Set(steps.flatMap((step) => (step.kind === 'set' ? [step.ranges] : [])))];
  const edges = new Set([0, ...sets.flat().flatMap(([from, to]) => [from, to + 1])]);
  const starts = [...edges].sort((a, b) => a - b);
  const classes = new Map<string, number>();
  const samples: number[] = [];
  const byStart = starts.map((start) => {
    const key = sets.map((ranges) => (includes(ranges, start) ? '1' : '0')).join('');
    const known = classes.get(key);
    if (known !== undefined) return known;
    classes.set(key, samples.length);
    return samples.push(start) - 1;
  });
  const classOf = (point: number): number => byStart[lastNotAbove(starts, point)] ?? 0;
  const ascii = Uint16Array.from({ length: ASCII }, (_, point) => classOf(point));
  return { size: samples.length, ascii, classOf, samples };
}

function includes(ranges: readonly CodeRange[], point: number): boolean {
  return ranges.some(([from, to]) => from <= point && point <= to);
}

/** The position of the last number that is not above the limit, in an ascending list from 0. */
function lastNotAbove(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where a text stands in a program: every step that it may be at. */
type Subset = ReadonlySet<number>;

class SubsetConstruction {
  private readonly program: PatternProgram;
  private readonly alphabet: Alphabet;
  private readonly subsets: Subset[] = [];
  private readonly known = new Map<string, number>();
  private work = 0;

  constructor(program: PatternProgram, alphabet: Alphabet) {
    this.program = program;
    this.alphabet = alphabet;
  }

  /** Next state by state and class, and whether a text that ends in a state matches. */
  build(): { readonly table: Int16Array; readonly atEnd: readonly boolean[] } {
    const { size, samples } = this.alphabet;
    const { first } = this.program;
    const table: number[] = [];
    const atEnd: boolean[] = [];
    const start = this.closure([first], true, false);
    // The first state alone is at the start of the text: no other one is the same.
    this.subsets.push(start);
    for (let state = 0; state < this.subsets.length; state += 1) {
      const subset = this.subsets[state] ?? start;
      const isMatched = this.hasMatch(subset);
      for (const sample of samples) table.push(isMatched ? MATCHED : this.after(subset, sample));
      atEnd.push(this.hasMatch(this.closure([...subset], state === 0, true)));
    }
    return { table: Int16Array.from(table.slice(0, this.subsets.length * size)), atEnd };
  }

  /** The state after a character. A match may begin at every character. */
  private after(subset: Subset, point: number): number {
    const { steps, first } = this.program;
    const begins = [first];
    for (const position of subset) {
      const step = steps[position];
      if (step?.kind !== 'set') continue;
      this.spend(step.ranges.length);
      if (includes(step.ranges, point)) begins.push(step.next);
    }
    const next = this.closure(begins, false, false);
    return this.hasMatch(next) ? MATCHED : this.stateOf(next);
  }

  private stateOf(subset: Subset): number {
    const waits = [...subset].filter((position) => this.program.steps[position]?.kind !== 'start');
    if (waits.length === 0) return HOPELESS;
    const key = waits.sort((a, b) => a - b).join();
    const known = this.known.get(key);
    if (known !== undefined) return known;
    if (this.subsets.length >= MOST_STATES) throw tooComplex();
    const state = this.subsets.push(new Set(waits)) - 1;
    this.known.set(key, state);
    return state;
  }

  /** Every step that is reached without a character: sets, matches, and marks that do not hold here. */
  private closure(begins: readonly number[], atStart: boolean, atEnd: boolean): Subset {
    const { steps } = this.program;
    const reached = new Set<number>();
    const visited = new Set<number>();
    const open = [...begins];
    for (let position = open.pop(); position !== undefined; position = open.pop()) {
      if (visited.has(position)) continue;
      visited.add(position);
      this.spend(1);
      const step = steps[position];
      if (step?.kind === 'split') open.push(step.next, step.other);
      else if (step?.kind === 'start' && atStart) open.push(step.next);
      else if (step?.kind === 'end' && atEnd) open.push(step.next);
      else reached.add(position);
    }
    return reached;
  }

  private hasMatch(subset: Subset): boolean {
    for (const position of subset) {
      if (this.program.steps[position]?.kind === 'match') return true;
    }
    return false;
  }

  private spend(work: number): void {
    this.work += work;
    if (this.work > MOST_WORK) throw tooComplex();
  }
}
