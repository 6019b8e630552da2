/** What stands before the `@` of a URL, and after its `?`, is for nobody's eyes. */
const URL_PARTS = /(?<!\w)(\w+:\/\/)(?:[^\s/@"']*@)?([^\s?"']*)(\?[^\s"']*)?/g;
const EMAIL = /(?<![^\s@"'<>=:,;])[^\s@"'<>=:,;]+@[^\s@"'<>,;]+\.[^\s@"'<>,;]+/g;
/** Meta's tokens begin like this, wherever they stand. */
const META_TOKEN = /\bEAA[A-Za-z0-9]{8,}/g;
const CREDENTIAL =
  /\b(bearer\s+|(?:access_?token|password|authorization)["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi;

const DEEPEST_CAUSE = 3;

/** No more of a text is read, in characters. */
const MOST_READ = 8192;
const CUT = '[cut]';
const BREAK = /\s/;

/** The beginning of a text, without the word in which it is cut off: half a token is a secret still. */
function beginningOf(text: string): string {
  if (text.length <= MOST_READ) return text;
  let end = MOST_READ;
  while (end > 0 && !BREAK.test(text.charAt(end - 1))) end -= 1;
  return `${text.slice(0, end)}${CUT}`;
}

/** A text without addresses, tokens and the parts of URLs that hold such, and with an end. */
export function safeText(text: string): string {
  return beginningOf(text)
    .replace(URL_PARTS, '$1$2')
    .replace(CREDENTIAL, '$1[removed]')
    .replace(META_TOKEN, '[removed]')
    .replace(EMAIL, '[removed]');
}

/**
 * An error as a log line holds it: what went wrong, without payload, URL query or token.
 * A parser's message quotes what it could not parse, so only its kind is kept.
 */
export function safeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: typeof error };
  const { name, cause } = error;
  const code = (error as Error & { code?: unknown }).code;
  return {
    name,
    message: error instanceof SyntaxError ? 'cannot be parsed' : safeText(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(cause instanceof Error && depth < DEEPEST_CAUSE
      ? { cause: safeError(cause, depth + 1) }
      : {}),
  };
}

/** Where an unexpected error came from: its frames, which name places in the code alone. */
export function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim());
}
