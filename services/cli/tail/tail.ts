import { UsageError } from '#config/errors.ts';
import { OUTCOME_KINDS } from '#core/outcome/answer.ts';
import type { PixelNames } from '#core/pixel-names.ts';
import { abortOnStopSignal } from '#process/lifecycle.ts';
import { readTail, type TailLine } from '#store/delivery/tail.ts';
import type { ActionContext, Flags } from '../action.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { didYouMean, pixelIdOf } from '../known-names.ts';
import { print, printJson } from '../output/print.ts';
import { terminalWidth } from '../output/table.ts';
import { renderLine } from './rendering.ts';

/** After this time without a line, it says so once, in ms. */
const QUIET_MS = 10_000;

const QUIET =
  'note: nothing for 10 s: no batch was due, or no worker of this release runs (capi-relay status)\n';

/** Prints what workers do until it is ended; resolves to the exit code. */
export async function tail({ store, names, flags }: ActionContext): Promise<number> {
  const isWanted = selectionOf(flags, names);
  const most = Number(flags['count'] ?? Number.POSITIVE_INFINITY);
  const signal = endOf(flags['for']);
  let printed = 0;
  let quietSince: number | null = performance.now();
  for await (const lines of readTail(store, signal)) {
    for (const line of lines.filter(isWanted).slice(0, most - printed)) {
      await (flags['json'] === true
        ? printJson(line)
        : print(renderLine(line, names, terminalWidth())));
      printed += 1;
    }
    if (printed >= most) break;
    if (lines.length > 0) quietSince = null;
    if (quietSince !== null && performance.now() - quietSince > QUIET_MS) {
      process.stderr.write(QUIET);
      quietSince = null;
    }
  }
  return EXIT_CODES.done;
}

/** @throws UsageError for a pixel or an outcome that there is not */
function selectionOf({ pixel, outcome }: Flags, names: PixelNames): (line: TailLine) => boolean {
  const pixels = (pixel as readonly string[] | undefined)?.map((each) => pixelIdOf(names, each));
  const outcomes = outcome as readonly string[] | undefined;
  const kinds: readonly string[] = OUTCOME_KINDS;
  const wrong = outcomes?.find((each) => !kinds.includes(each));
  if (wrong !== undefined) {
    const meant = didYouMean(wrong, kinds) || `: they are ${kinds.join(', ')}`;
    throw new UsageError(`--outcome: there is no outcome “${wrong}”${meant}`);
  }
  return (line) => {
    if (line.kind === 'dropped') return true;
    if (pixels !== undefined && !pixels.includes(line.pixel)) return false;
    return outcomes === undefined || (line.kind === 'answer' && outcomes.includes(line.outcome));
  };
}

/** The longest time that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** Ctrl-C, or the time of --for. */
function endOf(seconds: unknown): AbortSignal {
  const stopped = abortOnStopSignal();
  if (seconds === undefined) return stopped;
  const ms = Math.min(Number(seconds) * 1000, LONGEST_MS);
  return AbortSignal.any([stopped, AbortSignal.timeout(ms)]);
}
