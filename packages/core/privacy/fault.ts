const FRAME = /([\w.-]{1,80}\.[jt]s):(\d{1,6})(?::\d{1,6})?\)?$/;
const NAME = /^\w{1,40}$/;
const MOST_STACK = 4000;

/**
 * What kind of error was thrown, and where in the code: `RangeError at contents.ts:72`. Its message
 * is left out, because it may repeat what an event holds.
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
