/** Credentials before the `@` of a URL, and its query. */
const URL_PARTS = /(?<!\w)(\w+:\/\/)(?:[^\s/@"']*@)?([^\s?"']*)(\?[^\s"']*)?/g;
const EMAIL = /(?<![^\s@"'<>=:,;])[^\s@"'<>=:,;]+@[^\s@"'<>,;]+\.[^\s@"'<>,;]+/g;
/** The prefix of Meta's tokens. */
const META_TOKEN = /\bEAA[A-Za-z0-9]{8,}/g;
const CREDENTIAL =
  /\b(bearer\s+|(?:access_?token|password|authorization)["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi;

const DEEPEST_CAUSE = 3;

/** The longest text that is read, in characters. */
const MOST_READ = 8192;
const CUT = '[cut]';
const BREAK = /\s/;

/** The start of a text, without the word in which it is cut: half a token is still a secret. */
function startOf(text: string): string {
  if (text.length <= MOST_READ) return text;
  let end = MOST_READ;
  while (end > 0 && !BREAK.test(text.charAt(end - 1))) end -= 1;
  return `${text.slice(0, end)}${CUT}`;
}

/** A text without email addresses, tokens and the parts of URLs that hold them, of bounded length. */
export function safeText(text: string): string {
  return startOf(text)
    .replace(URL_PARTS, '$1$2')
    .replace(CREDENTIAL, '$1[removed]')
    .replace(META_TOKEN, '[removed]')
    .replace(EMAIL, '[removed]');
}

/** An error's message; that of a parser quotes what it could not parse, so only its kind is kept. */
function safeMessage(error: Error): string {
  return error instanceof SyntaxError ? 'cannot be parsed' : safeText(error.message);
}

/** An error as a log line holds it, with its causes, without payload, URL query or token. */
export function safeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: typeof error };
  const { name, cause } = error;
  const code = (error as Error & { code?: unknown }).code;
  return {
    name,
    message: safeMessage(error),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(cause instanceof Error && depth < DEEPEST_CAUSE
      ? { cause: safeError(cause, depth + 1) }
      : {}),
  };
}

/** An unexpected error as a command prints it, with its frames and its causes. */
export function describeError(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = stackFrames(error).map((frame) => `    ${frame}`);
  const lines = [`${error.name}: ${safeMessage(error)}`, ...frames];
  const { cause } = error;
  const isDeeper = cause instanceof Error && depth < DEEPEST_CAUSE;
  if (isDeeper) lines.push(`caused by ${describeError(cause, depth + 1)}`);
  return lines.join('\n');
}

/** The stack frames of an error, which name only places in the code. */
export function stackFrames(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}
