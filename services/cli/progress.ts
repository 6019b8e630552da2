import { formatCount } from '#core/text/format.ts';

const BAR_WIDTH = 30;
const REDRAW_MS = 100;
const PLAIN_MS = 2_000;

/** Where progress is shown: a bar on a terminal, else a plain line every two seconds. */
interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Tells how far something has come. Call `report` as often as you like, and `end` before anything
 * else is printed.
 *
 * @param what is counted, such as `messages`
 * @param total null where nobody knows where it ends
 */
export function showProgress(
  what: string,
  total: number | null,
  out: Output = process.stderr,
  clock: () => number = Date.now,
): { report(done: number): void; end(): void } {
  const started = clock();
  let shown = started;
  return {
    report(done) {
      const now = clock();
      if (now - shown < (out.isTTY ? REDRAW_MS : PLAIN_MS)) return;
      shown = now;
      const rate = formatCount((done * 1000) / (now - started));
      const text = `${formatCount(done)}${total === null ? '' : ` of ${formatCount(total)}`} ${what}, ${rate} a second`;
      const filled = total === null ? 0 : Math.min(done / total, 1) * BAR_WIDTH;
      const bar = total === null ? '' : `${'█'.repeat(filled).padEnd(BAR_WIDTH, '░')} `;
      out.write(out.isTTY ? `\r\x1b[2K${bar}${text}` : `${text}\n`);
    },
    end: () => void (out.isTTY && out.write('\r\x1b[2K')),
  };
}
