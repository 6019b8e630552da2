import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { onStopSignal } from '#process/lifecycle.ts';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** Synchronised output: a terminal draws what is between these at once, or ignores them. */
const BEGIN = '\x1b[?2026h\x1b[H';
const END = '\x1b[J\x1b[?2026l';

const INTERRUPT = '\x03';

/** One frame drawn over the last one, line by line, so that nothing flickers. */
export function frameOf(
  lines: readonly string[],
  { rows, columns }: { readonly rows: number; readonly columns: number },
): string {
  const heights = lines.map((line) => heightOf(line, columns));
  const sum = (some: readonly number[]): number => some.reduce((total, n) => total + n, 0);
  let fitting = lines.length;
  while (fitting > 0 && sum(heights.slice(0, fitting)) > rows - Number(fitting < lines.length)) {
    fitting -= 1;
  }
  const hidden = lines.length - fitting;
  const rest = hidden === 0 ? [] : [`… ${hidden} more lines: enlarge the window`];
  const shown = [...lines.slice(0, fitting), ...rest];
  return `${BEGIN}${shown.map((line) => `${line}\x1b[K`).join('\r\n')}${END}`;
}

/** Rows that a line takes: a terminal wraps it. */
function heightOf(line: string, columns: number): number {
  return Math.max(Math.ceil(stripVTControlCharacters(line).length / columns), 1);
}

/**
 * Redraws on the alternate screen until q, Ctrl-C or a signal, and leaves the last frame on the
 * normal screen.
 */
export async function watch(
  out: NodeJS.WriteStream,
  input: NodeJS.ReadStream,
  everyMs: number,
  frame: () => Promise<readonly string[]>,
): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  const onKey = (key: Buffer): void => {
    if (['q', 'Q', INTERRUPT].includes(key.toString('utf8'))) stop();
  };
  const stopped = once(stopping.signal, 'abort').then(() => null);
  let last: readonly string[] = [];
  const draw = (): void => void out.write(frameOf(last, out));
  input.setRawMode(true).on('data', onKey).resume();
  out.on('resize', draw).write(ENTER);
  const ignoreStopSignal = onStopSignal(stop);
  try {
    while (!stopping.signal.aborted) {
      const drawn = await Promise.race([frame(), stopped]);
      if (drawn === null) break;
      last = drawn;
      draw();
      await Promise.race([sleep(everyMs), stopped]);
    }
  } finally {
    input.setRawMode(false).off('data', onKey).pause();
    out.off('resize', draw).write(LEAVE);
    ignoreStopSignal();
  }
  if (last.length > 0) out.write(`${last.join('\n')}\n`);
}
