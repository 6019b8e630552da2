import { readFile } from 'node:fs/promises';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  type YAMLParseError,
} from 'yaml';
import { ConfigurationError, type KeyPath, type Problem } from './problems.ts';
import { decodeText } from './text-encoding.ts';

/** A configuration file as written. */
export interface ConfigurationSource {
  readonly value: unknown;
  /** The sections that it names as an earlier release did; `value` has their new names. */
  readonly renamed: readonly RenamedSection[];
  /** The line of a path, or of its nearest ancestor in the file. */
  lineOf(path: KeyPath): number | null;
}

export interface RenamedSection {
  readonly from: string;
  readonly to: string;
}

const RENAMED: readonly RenamedSection[] = [{ from: 'console', to: 'control' }];

/**
 * Reads YAML, and so JSON.
 * @param name of the file as the user gave it
 * @throws ConfigurationError when there is no such file, or it is neither
 */
export async function readSource(name: string, file: string): Promise<ConfigurationSource> {
  const lineCounter = new LineCounter();
  const text = await read(name, file);
  const document = parseDocument(text, { merge: true, lineCounter });
  // Later errors mostly follow from the first one.
  const [error] = document.errors;
  if (error !== undefined) throw new ConfigurationError(name, [syntaxProblem(error, text)], [file]);
  const renamed = RENAMED.filter((each) => rename(document, each));
  return {
    renamed,
    value: unfold(document, name, file),
    lineOf: (path) => lineOf(document, lineCounter, path),
  };
}

async function read(name: string, file: string): Promise<string> {
  const refuse = (message: string, fix: string): never => {
    throw new ConfigurationError(name, [{ path: 'the file', message, fix, line: null }], [file]);
  };
  const bytes = await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
    const message = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    return refuse(message, 'name another file with --config or CAPI_RELAY_CONFIG');
  });
  const text = decodeText(bytes);
  if (text.includes('\0')) refuse('is no text in UTF-8', 'save it as UTF-8');
  return text;
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

/** False where the old name is not there; where both are, the old one stays and is refused. */
function rename({ contents }: Document.Parsed, { from, to }: RenamedSection): boolean {
  if (!isMap(contents) || contents.has(to)) return false;
  const keys = contents.items.map(({ key }) => key).filter((key) => isScalar(key));
  const key = keys.find(({ value }) => value === from);
  if (key !== undefined) key.value = to;
  return key !== undefined;
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
