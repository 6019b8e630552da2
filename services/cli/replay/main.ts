import { createInterface } from 'node:readline/promises';
import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { configOption, createCommand, EXIT, runCommand, UsageError } from '#runtime/command.ts';
import { loadConfiguration } from '#runtime/configuration/load.ts';
import { addSelection, select, selects } from '../dead-letters/selection.ts';
import { withRedis } from '../dead-letters/store.ts';
import { showProgress } from '../progress.ts';
import { type Replayed, replay } from './replay.ts';

const NOTHING_MATCHED = 3;
const SOME_STAYED = 4;
const INTERRUPTED = 130;

const EXAMPLE = `capi-relay replay --reason missing_value --dry-run --config capi-relay.yaml
capi-relay replay --pixel 1234567890 --since 12h --yes
capi-relay replay --id track-events-3-118204-1234567890`;

const NOTES = `
An event that Meta refused goes as it was; one that the mapping refused is mapped with today's
settings. Its id and its time never change. What is past its horizon, or nearer to it than 10
minutes, stays; so does what Meta may have taken more than 48 hours ago. A replay that is killed can
simply be started again: nothing is lost, and nothing goes twice.
Exit codes: 0 all replayed, 1 failed, 2 wrong usage, 3 nothing matched, 4 some stayed, 130 interrupted.`;

const command = addSelection(
  createCommand('replay', 'Puts dead letters back into the queue.', EXAMPLE).addOption(
    configOption(),
  ),
)
  .option('--all', 'every dead letter')
  .option('--include-unknown', 'also what Meta may have taken more than 48 hours ago')
  .option('--dry-run', 'only say what would happen')
  .option('--yes', 'without asking')
  .option('--json', 'print the result as JSON')
  .addHelpText('after', NOTES);

/** Stops between two steps: what is put back stays so, the rest stays dead. */
function untilInterrupted(): AbortSignal {
  const aborting = new AbortController();
  process.once('SIGINT', () => aborting.abort()).once('SIGTERM', () => aborting.abort());
  return aborting.signal;
}

async function confirm(count: number): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('without a terminal to ask at, --yes is needed');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`Put ${count} dead letters back into the queue? [y/N] `);
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}

function render(
  { matched, replayed, expired, unknown, refused }: Replayed,
  dryRun: boolean,
): string {
  const stayed = [
    ...(expired > 0 ? [`${expired} past their horizon`] : []),
    ...(unknown > 0 ? [`${unknown} that Meta may have taken (--include-unknown)`] : []),
    ...Object.entries(refused).map(([reason, n]) => `${n} refused again: ${reason}`),
  ];
  const done = `${replayed} of ${matched} ${dryRun ? 'would be put' : 'put'} back into the queue`;
  return `${done}${stayed.length === 0 ? '' : `\nstayed: ${stayed.join(', ')}`}\n`;
}

await runCommand(command, async (flags) => {
  const { all, dryRun, yes, json, includeUnknown } = flags;
  if (!all && !selects(flags))
    throw new UsageError('say what to replay: --reason, --id … or --all');
  const configuration = await loadConfiguration(flags['config'] as string | undefined, process.env);
  return withRedis(configuration, async (redis) => {
    const found: DeadLetterFacts[] = [];
    for await (const facts of select(redis, configuration, flags)) found.push(facts);
    if (found.length === 0) {
      process.stderr.write('Nothing matches.\n');
      return NOTHING_MATCHED;
    }
    if (!dryRun && !yes && !(await confirm(found.length))) return EXIT.failed;
    const signal = untilInterrupted();
    const progress = showProgress('dead letters', found.length);
    const result = await replay(found, redis, configuration, {
      includeUnknown: includeUnknown === true,
      dryRun: dryRun === true,
      signal,
      onProgress: progress.report,
    });
    progress.end();
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : render(result, dryRun === true));
    if (signal.aborted) return INTERRUPTED;
    return result.replayed === result.matched ? EXIT.done : SOME_STAYED;
  });
});
