const FRAME = /([\w.-]{1,80}\.[jt]s):(\d{1,6})(?::\d{1,6})?\)?$/;
const NAME = /^\w{1,40}$/;
const MOST_STACK = 4000;

/**
 * The kind of a thrown error and its place in the code: `RangeError at contents.ts:72`. The message is
 * left out, because it may quote an event.
 */
export function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const name = NAME.test(error.name) ? error.name : 'Error';
  const frames = String(error.stack ?? '')
    .slice(0, MOST_STACK)
    .split('\n')
    .filter((line) => /^\s{1,8}at /.test(line));
  for (const frame of frames) {
    const [, file, line] = FRAME.exec(frame) ?? [];
    if (file !== undefined) return `${name} at ${file}:${line}`;
  }
  return name;
}
