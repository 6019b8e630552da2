import { ParseFault } from '../text/parse-fault.ts';
import type { CodeRange } from './character-sets.ts';
import type { PatternNode } from './pattern-syntax.ts';

/** One step of a nondeterministic automaton; numbers are positions of steps. */
export type ProgramStep =
  | { readonly kind: 'set'; readonly ranges: readonly CodeRange[]; readonly next: number }
  | { readonly kind: 'start' | 'end'; readonly next: number }
  | { readonly kind: 'split'; readonly next: number; readonly other: number }
  | { readonly kind: 'match' };

export interface PatternProgram {
  readonly steps: readonly ProgramStep[];
  readonly first: number;
}

const MOST_STEPS = 1000;

/** Nested repeats of nothing make no steps, and take time all the same. */
const MOST_VISITS = 50_000;

/** @throws ParseFault when it has too many steps */
export function programOf(pattern: PatternNode): PatternProgram {
  const writer = new ProgramWriter();
  const first = writer.write(pattern, writer.add({ kind: 'match' }));
  return { steps: writer.steps, first };
}

export function tooComplex(): ParseFault {
  const fix = 'repeat fewer times, start it with ^, or use several patterns under any';
  return new ParseFault('is too complex a pattern', fix);
}

class ProgramWriter {
  readonly steps: ProgramStep[] = [];
  private visits = 0;

  add(step: ProgramStep): number {
    if (this.steps.length >= MOST_STEPS) throw tooComplex();
    return this.steps.push(step) - 1;
  }

  /** @returns the step where the node begins; it ends at `next` */
  write(node: PatternNode, next: number): number {
    this.visits += 1;
    if (this.visits > MOST_VISITS) throw tooComplex();
    switch (node.kind) {
      case 'set':
        return this.add({ kind: 'set', ranges: node.ranges, next });
      case 'start':
      case 'end':
        return this.add({ kind: node.kind, next });
      case 'sequence':
        return node.parts.reduceRight((after, part) => this.write(part, after), next);
      case 'choice':
        return node.parts
          .map((part) => this.write(part, next))
          .reduceRight((other, begin) => this.add({ kind: 'split', next: begin, other }));
      case 'repeat':
        return this.repeat(node, next);
    }
  }

  private repeat(
    { node, min, max }: PatternNode & { readonly kind: 'repeat' },
    next: number,
  ): number {
    let begin = max === Infinity ? this.loop(node, next) : next;
    for (let times = min; times < max && max !== Infinity; times += 1) {
      begin = this.add({ kind: 'split', next: this.write(node, begin), other: next });
    }
    for (let times = 0; times < min; times += 1) begin = this.write(node, begin);
    return begin;
  }

  private loop(node: PatternNode, next: number): number {
    const split = this.add({ kind: 'split', next, other: next });
    this.steps[split] = { kind: 'split', next: this.write(node, split), other: next };
    return split;
  }
}
