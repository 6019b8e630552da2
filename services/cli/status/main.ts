import type { Configuration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import { configOption, createCommand, EXIT, runCommand, UsageError } from '#process/command.ts';
import { print, printJson } from '../dead-letters/print.ts';
import { attention, type Demand, type Setting } from './attention.ts';
import { renderScreen } from './screen.ts';
import { createStatusReader, type StatusReader } from './status.ts';
import { watch } from './watch.ts';

const command = createCommand(
  'status',
  'Shows on one screen whether a person must act, and how everything stands: lag, queue, lanes, rates, dead letters, horizon and replays. It asks Kafka and Redis alone.',
  `capi-relay status --config capi-relay.yaml
capi-relay status --watch
capi-relay status --json | jq .demands`,
)
  .addOption(configOption())
  .option('--watch', 'draw it again every 2 s until q or Ctrl-C; once where there is no terminal')
  .option('--json', 'print JSON: times in Unix ms, rates in events a second')
  .addHelpText(
    'after',
    `
Exit codes:
  0 nobody must act now   1 somebody must, or Kafka or Redis cannot be read
  2 wrong usage or configuration
  A watch that was ended exits 0. What is not urgent, such as a lane that heals by itself, is 0.
  NO_COLOR switches colours off.`,
  );

const WATCH_MS = 2000;
/** Between the two readings of the ledger that give the rates, in ms. */
const SAMPLE_MS = 1000;
const COLUMNS = 80;
const FOOTER = 'Every 2 s; q ends it.';

/** Commands are to be copied as they stand: the flag is there where it was given. */
function settingOf({ ingest }: Configuration, config: string | undefined): Setting {
  const needed = config !== undefined && config !== process.env['CAPI_RELAY_CONFIG'];
  return {
    config: needed ? ` --config ${config}` : '',
    fullAt: ingest.backpressure.pauseAtMemoryRatio,
  };
}

async function once(reader: StatusReader, setting: Setting, json: boolean): Promise<number> {
  const status = await reader.read(SAMPLE_MS);
  const demands = attention(status, setting);
  if (json) await printJson({ act: actOf(demands), demands, ...status });
  else {
    const lines = renderScreen(status, demands, process.stdout.columns ?? COLUMNS);
    await print(`${lines.join('\n')}\n`);
  }
  return actOf(demands) === 'now' ? EXIT.failed : EXIT.done;
}

function actOf(demands: readonly Demand[]): 'now' | 'soon' | 'no' {
  return demands[0]?.urgency ?? 'no';
}

async function forLong(reader: StatusReader, setting: Setting): Promise<number> {
  await watch({ out: process.stdout, input: process.stdin }, WATCH_MS, async () => {
    const status = await reader.read();
    return renderScreen(status, attention(status, setting), process.stdout.columns, FOOTER);
  });
  return EXIT.done;
}

await runCommand(command, async ({ config, watch: watched, json }) => {
  if (watched && json) throw new UsageError('--watch is for people: --json prints one reading');
  const configuration = await loadConfiguration(config as string | undefined, process.env);
  const reader = createStatusReader(configuration);
  const setting = settingOf(configuration, config as string | undefined);
  const terminal = process.stdout.isTTY && process.stdin.isTTY;
  const code = await (watched && terminal
    ? forLong(reader, setting)
    : once(reader, setting, json === true));
  reader.close();
  // A connection that still hangs must not keep the command.
  setImmediate(() => process.exit());
  return code;
});
