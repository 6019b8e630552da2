import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';

const ROOT = join(import.meta.dirname, '../..');

/** A regular expression as it stands in the source. */
export interface Expression {
  readonly path: string;
  readonly source: string;
  readonly flags: string;
}

/** What the code of packages and services applies to texts: the one list, read from the source. */
export function readExpressions(): {
  readonly literals: readonly Expression[];
  /** Files that build expressions at run time. */
  readonly builders: readonly string[];
} {
  const literals: Expression[] = [];
  const builders = new Set<string>();
  for (const path of sourceFiles()) {
    const found = expressionsOf(readFileSync(join(ROOT, path), 'utf8'));
    literals.push(...found.literals.map((literal) => ({ path, ...literal })));
    if (found.builds) builders.add(path);
  }
  return { literals, builders: [...builders].sort() };
}

function sourceFiles(): string[] {
  return ['packages', 'services'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(top, name)),
  );
}

/** The expressions of one source text, wherever they stand in it. */
export function expressionsOf(text: string): {
  readonly literals: readonly Omit<Expression, 'path'>[];
  readonly builds: boolean;
} {
  const literals: Omit<Expression, 'path'>[] = [];
  let builds = false;
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, pattern, flags, callee } = node as Record<string, unknown>;
    if (type === 'RegExpLiteral') literals.push({ source: String(pattern), flags: String(flags) });
    if (type === 'NewExpression' || type === 'CallExpression') builds ||= isRegExp(callee);
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(text, { syntax: 'typescript', target: 'es2024' }).body);
  return { literals, builds };
}

function isRegExp(callee: unknown): boolean {
  return (callee as { value?: unknown } | undefined)?.value === 'RegExp';
}

const CLASS = /\[(?:\\.|[^\]\\])*\]/g;
const QUANTIFIER = /(?<!\\)(?:\\\\)*(?:[*+]|\{\d+,(\d*)\})/g;
/** What repeats no more often than this costs no time worth testing. */
const SHORT = 8;

/** Whether a part of it may repeat often enough for time to be lost on it. */
export function repeats({ source }: Pick<Expression, 'source'>): boolean {
  const plain = source.replace(CLASS, '[]');
  return [...plain.matchAll(QUANTIFIER)].some(([, most]) => !most || Number(most) > SHORT);
}

/** Characters that a class or an escape of an expression stands for, one or two of each. */
const STANDS_FOR: Readonly<Record<string, string>> = {
  '\\d': '1',
  '\\w': 'a1_',
  '\\s': ' ',
  '\\S': 'a',
  '\\D': 'a',
  '\\p': 'é1',
  '\\n': '\n',
  '\\b': 'a',
};
const ATOMS = /\\[dwsSDpnb]|\\u[\da-f]{4}|\\.|[^\\^$()[\]{}|?*+]/gi;

/** The characters that an expression speaks of. */
export function alphabetOf({ source }: Pick<Expression, 'source'>): string[] {
  const characters = [...source.matchAll(ATOMS)].flatMap(([atom]) => {
    if (atom.startsWith('\\u')) return [String.fromCodePoint(Number.parseInt(atom.slice(2), 16))];
    return [...(STANDS_FOR[atom] ?? atom.at(-1) ?? '')];
  });
  return [...new Set(['a', '1', ' ', ...characters])];
}
