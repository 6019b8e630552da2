import { UsageError } from '#config/errors.ts';
import { plural } from '#core/text/format.ts';
import { type Command, configOption, createCommand, Option } from '#process/command.ts';
import { abortOnStopSignal } from '#process/lifecycle.ts';
import { wholeNumber } from '#process/option-values.ts';
import { attemptedCount, noCounts, planReplay, sum } from '#store/dead-letters/replay/counts.ts';
import {
  type EligibilityPolicy,
  MARGIN_MS,
  MOST_REPLAYS,
} from '#store/dead-letters/replay/eligibility.ts';
import { createResolver } from '#store/dead-letters/replay/step.ts';
import { createReplay } from '#store/dead-letters/replay/store.ts';
import { select } from '#store/dead-letters/select.ts';
import { isLockFree, LockError } from '#store/locks.ts';
import { addAccount, addSelection, UnreadablePages } from '../dead-letters/selection.ts';
import { EXIT_CODES, EXIT_CODES_HELP, ExitError } from '../exit-codes.ts';
import { confirm, print, printResult } from '../output/print.ts';
import { type ActionContext, runSubcommands } from '../subcommand.ts';
import { CONTROLS } from './control.ts';
import { follow, reportDetached } from './follow.ts';
import { renderCounts, renderPlan } from './render.ts';

const EXAMPLE = `capi-relay replay --where 'reason:missing_value' --dry-run --config capi-relay.yaml
capi-relay replay --where 'reason:missing_value' --reason 'value mapped to revenue'
capi-relay replay --where 'pixel:1234567890 since:12h' --rate 200 --detach --yes
capi-relay replay status             the newest; also list, pause, resume, cancel`;

const NOTES = `
A mapped event is replayed unchanged. An event that mapping refused is mapped again with the
current settings: it is put back into the queue, filtered out, or stays a dead letter.
event_id and event_time never change. A replay skips dead letters that
  - are past their horizon, or within ${MARGIN_MS / 60_000} minutes of it: Meta would refuse the whole batch
  - Meta may have accepted more than 48 hours ago, and would count twice (--include-unknown)
  - were replayed ${MOST_REPLAYS} times or more: fix the cause first (--force-loop)
  - belong to a pixel that is not in the configuration
  - died while the replay was running
The canary is sent first; if too many of its events die again, nothing else is sent. Live
events have priority over replays. A replay passes over a pixel whose lane is halted and
returns to it at the end. When only halted pixels are left, it stops with exit code 5;
control continues a detached one as soon as a pixel is active. Each step is one
transaction in Redis: after an interruption or a crash, resume continues the replay,
nothing is lost and nothing is sent twice.`;

/** The options of a replay, as commander parses them. */
interface ReplayFlags {
  readonly max?: number;
  /** Dead letters per second; undefined for no limit. */
  readonly rate?: number;
  readonly canary: number;
  /** Highest share of answered events that may die again. */
  readonly stopOnFailures: number;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly yes?: boolean;
  readonly includeUnknown?: boolean;
  readonly forceLoop?: boolean;
}

function replayCommand(): Command {
  const summary = 'Puts dead letters back into the queue, the oldest first.';
  const command = createCommand('replay', summary, EXAMPLE).addOption(configOption());
  return addAccount(
    addSelection(command)
      .option('--all', 'every dead letter')
      .option('--dry-run', 'show what would happen, and change nothing')
      .option(
        '--rate <number>',
        'dead letters per second (default: no limit)',
        wholeNumber('--rate'),
      )
      .option('--max <number>', 'most dead letters to replay', wholeNumber('--max'))
      .option(
        '--canary <number>',
        'how many go first; 0 for none',
        wholeNumber('--canary', '', 0),
        10,
      )
      .addOption(
        new Option('--stop-on-failures <share>', 'stop when a larger share dies again')
          .argParser(parsePercentage)
          .default(0.05, '5%'),
      )
      .option('--detach', 'let control run it, and return at once')
      .option('--include-unknown', 'include what Meta may have accepted more than 48 hours ago')
      .option('--force-loop', `include what was replayed ${MOST_REPLAYS} times or more`)
      .option('-y, --yes', 'do not ask')
      .option('--json', 'print the result as JSON'),
  )
    .addHelpText('after', NOTES)
    .addHelpText('after', EXIT_CODES_HELP);
}

function parsePercentage(text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (digits !== undefined && Number(digits) <= 100) return Number(digits) / 100;
  throw new UsageError(`--stop-on-failures takes a share such as 5%, not “${text}”`);
}

const BUSY = 'another replay or purge is under way: wait until it ends (capi-relay replay status)';

/** Plans a replay, asks, runs it and reports; resolves to the exit code. */
async function replay(context: ActionContext): Promise<number> {
  const { configuration, store, filter, where } = context;
  const flags = context.flags as unknown as ReplayFlags;
  const { rate = null, max = null, canary, stopOnFailures: stopAbove } = flags;
  const { includeUnknown = false, forceLoop = false, detach = false } = flags;
  const pixelIds = new Set(configuration.pixels.map(({ pixelId }) => pixelId));
  const policy = { includeUnknown, forceLoop, pixelIds };
  const now = Date.now();
  const unreadable = new UnreadablePages();
  const selection = { order: 'oldest', now, onUnreadable: unreadable.add } as const;
  const letters = select(store, filter, selection);
  const plan = await planReplay(letters, policy, { max, now });
  await unreadable.report();
  if (plan.counts.matched === 0) {
    throw new ExitError(EXIT_CODES.nothingMatched, 'no dead letter matches');
  }
  await print(renderPlan(plan, { rate, canary, stopAbove }), process.stderr);
  if (flags.dryRun) return dryRun(context, policy, max);
  if (plan.events === 0) throw new ExitError(EXIT_CODES.refused, 'none of them can be replayed');
  const question = `Put ${plural(plan.events, 'dead letter')} back into the queue?`;
  if (!flags.yes) await confirm(question, 'nothing was replayed');
  if (!(await isLockFree(store))) throw new LockError(BUSY);
  const account = { where, ...context.account };
  const spec = { max, rate, canary, stopAbove, includeUnknown, forceLoop, ...account };
  const begun = { ...spec, startedAt: now, planned: plan.events + sum(plan.counts.skipped) };
  const { id } = (await createReplay(store, begun, detach)).spec;
  if (detach) return reportDetached(context, { dryRun: false, id });
  return follow(context, id, abortOnStopSignal());
}

/** Counts what a replay would do, and writes nothing. */
async function dryRun(
  { configuration, store, filter, flags }: ActionContext,
  policy: EligibilityPolicy,
  max: number | null,
): Promise<number> {
  const signal = abortOnStopSignal();
  const resolve = createResolver(store, () => configuration);
  const counts = noCounts();
  const now = Date.now();
  for await (const page of select(store, filter, { order: 'oldest', now })) {
    if (signal.aborted) break;
    const part = page.slice(0, (max ?? Infinity) - attemptedCount(counts));
    counts.left += page.length - part.length;
    counts.matched += page.length - part.length;
    await resolve(part, policy, counts, now);
  }
  if (signal.aborted) throw new ExitError(EXIT_CODES.interrupted, 'nothing was done');
  return printResult(flags, { dryRun: true, ...counts }, renderCounts(counts, true));
}

// Positional options: those behind an action's name belong to the action.
const program = replayCommand().enablePositionalOptions();
const scope = "capi-relay replay --where 'reason:missing_value' --dry-run";

await runSubcommands(program, [{ command: program, scope, run: replay }, ...CONTROLS]);
