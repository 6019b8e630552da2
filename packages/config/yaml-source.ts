import { type Document, isNode, LineCounter, parseDocument, type YAMLParseError } from 'yaml';
import type { WrittenValue } from './json-source.ts';
import { ConfigurationError, type KeyPath, type Problem } from './problems.ts';

/**
 * Reads YAML.
 * @param name of the file as the user gave it
 * @throws ConfigurationError when it is something else
 */
export function readYaml(name: string, file: string, text: string): WrittenValue {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { merge: true, lineCounter });
  // Later errors mostly follow from the first one.
  const [error] = document.errors;
  if (error !== undefined) throw new ConfigurationError(name, [syntaxProblem(error, text)], [file]);
  return {
    value: unfold(document, name, file),
    lineOf: (path) => lineOf(document, lineCounter, path),
  };
}

/** The parser's own message quotes the line, which may hold a secret: only its code is shown. */
function syntaxProblem({ code, linePos }: YAMLParseError, text: string): Problem {
  const line = linePos?.[0].line ?? null;
  const reference = /\$\{/.test(text.split('\n')[(line ?? 0) - 1] ?? '');
  return {
    path: `line ${line ?? '?'}`,
    message: `is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')})`,
    fix: reference
      ? 'quote references to the environment inside braces or brackets'
      : 'fix this line, or the one before it',
    line,
  };
}

/** An alias may be unknown, or expand to an absurd size. */
function unfold(document: Document.Parsed, name: string, file: string): unknown {
  try {
    return document.toJS();
  } catch {
    const message = 'has aliases that cannot be resolved';
    const problem = { path: 'the file', message, fix: 'write the values out', line: null };
    throw new ConfigurationError(name, [problem], [file]);
  }
}

function lineOf(document: Document.Parsed, lines: LineCounter, path: KeyPath): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return null;
}
