import { formatCount, formatEta } from '#core/text/format.ts';
import { gone } from '#store/dead-letters/replay/counts.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';

const BAR_WIDTH = 20;
const REDRAW_MS = 100;
const PLAIN_MS = 10_000;
/** The rate is that of the last while, so that it follows what happens. */
const RATE_MS = 5000;

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Shows how far a replay has come: a bar on a terminal, else a plain line every ten seconds. Call
 * `report` as often as you like, and `end` before anything else is printed.
 */
export function showReplay(
  planned: number,
  out: Output = process.stderr,
  clock: () => number = Date.now,
): { report(replay: Replay): void; end(): void } {
  const marks: { readonly at: number; readonly done: number }[] = [];
  let shownAt = clock();
  return {
    report(replay) {
      const now = clock();
      const done = Math.min(gone(replay.tally), planned);
      const last = marks.at(-1);
      if (last === undefined || now - last.at >= REDRAW_MS) marks.push({ at: now, done });
      while (marks.length > 1 && now - (marks[0]?.at ?? now) > RATE_MS) marks.shift();
      if (now - shownAt < (out.isTTY ? REDRAW_MS : PLAIN_MS)) return;
      shownAt = now;
      const text = wordsOf(replay, { planned, done, rate: rateOf(marks) });
      if (!out.isTTY) out.write(`${text}\n`);
      else out.write(`\r\x1b[2K${trim(bar(done, planned), text, out.columns ?? 80)}`);
    },
    end: () => void (out.isTTY && out.write('\r\x1b[2K')),
  };
}

function rateOf(marks: readonly { at: number; done: number }[]): number {
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined || last.at === first.at) return 0;
  return ((last.done - first.done) * 1000) / (last.at - first.at);
}

function bar(done: number, planned: number): string {
  const share = planned === 0 ? 1 : done / planned;
  const filled = '█'.repeat(Math.floor(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '░');
  return `${filled} ${String(Math.floor(share * 100)).padStart(3)}%  `;
}

/** What happens now, the most important first, because a narrow terminal cuts the end. */
function wordsOf(
  { delivered, died, queued, spec }: Replay,
  { planned, done, rate }: { planned: number; done: number; rate: number },
): string {
  const words = [`${formatCount(done)}/${formatCount(planned)}`];
  if (died > 0) words.push(`died again ${formatCount(died)}`);
  if (spec.canary > 0 && queued <= spec.canary && done < planned) words.push('canary');
  words.push(`delivered ${formatCount(delivered)}`);
  if (rate > 0) words.push(`${formatCount(rate)}/s`);
  if (rate > 0 && done < planned) words.push(`${formatEta((planned - done) / rate)} left`);
  return words.join('  ');
}

/** A line that wraps cannot be drawn over. */
function trim(drawn: string, words: string, columns: number): string {
  const room = columns - 1;
  return (room < 60 ? words : drawn + words).slice(0, room);
}
