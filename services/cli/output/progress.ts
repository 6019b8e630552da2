const BAR_WIDTH = 20;
const REDRAW_MS = 100;
/** The rate is that of the last seconds, so that it follows changes. */
const RATE_MS = 5000;
const DEFAULT_COLUMNS = 80;

export interface ProgressOptions {
  /** What is done before it starts. */
  readonly done?: number;
  /** How often a plain line is written where there is no terminal. */
  readonly plainMs?: number;
  readonly out?: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    write(text: string): unknown;
  };
  readonly clock?: () => number;
}

/**
 * Shows progress: a bar on a terminal, plain lines elsewhere. Call `end` before other output.
 * @param total null when it is unknown
 */
export function showProgress(
  total: number | null,
  {
    done: before = 0,
    plainMs = 2_000,
    out = process.stderr,
    clock = Date.now,
  }: ProgressOptions = {},
) {
  const samples = [{ at: clock(), done: before }];
  let shownAt = clock();
  return {
    /** @param describe the text, given the rate per second; call it as often as you like */
    report(done: number, describe: (rate: number) => string): void {
      const now = clock();
      if (now - (samples.at(-1)?.at ?? 0) >= REDRAW_MS) samples.push({ at: now, done });
      while (samples.length > 1 && now - (samples[0]?.at ?? now) > RATE_MS) samples.shift();
      if (now - shownAt < (out.isTTY ? REDRAW_MS : plainMs)) return;
      shownAt = now;
      const [since] = samples;
      const ms = now - (since?.at ?? now);
      const text = describe(ms === 0 ? 0 : ((done - (since?.done ?? 0)) * 1000) / ms);
      if (!out.isTTY) out.write(`${text}\n`);
      else out.write(`\r\x1b[2K${oneLine(barOf(done, total), text, out.columns)}`);
    },
    end: () => void (out.isTTY && out.write('\r\x1b[2K')),
  };
}

function barOf(done: number, total: number | null): string {
  if (total === null) return '';
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const filled = '█'.repeat(Math.floor(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
  return `${filled} ${String(Math.floor(share * 100)).padStart(3)}%  `;
}

/** A line that wraps could not be drawn over: a narrow terminal gets no bar, and the text is cut. */
function oneLine(bar: string, text: string, columns = DEFAULT_COLUMNS): string {
  const room = columns - 1;
  return (room < 60 ? text : bar + text).slice(0, room);
}
