import { cautionsOf } from '#config/cautions.ts';
import type { Configuration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import { versionEnd } from '#core/outcome/graph-versions.ts';
import { EXIT } from '#process/command.ts';
import { configFlag } from '../config-flag.ts';
import { printResult } from '../output/print.ts';
import { attention, type Setting } from './attention.ts';
import { renderScreen } from './screen.ts';
import { createStatusReader, type StatusReader } from './status.ts';
import { watch } from './watch.ts';

const WATCH_MS = 2000;
/** Between the two readings of the ledger that give the rates, in ms. */
const SAMPLE_MS = 1000;
const COLUMNS = 80;
const FOOTER = 'Refreshes every 2 s; q quits.';

/** Printed commands work when copied. */
function settingOf(configuration: Configuration, config: string | undefined): Setting {
  return {
    config: configFlag(config),
    fullAt: configuration.ingest.backpressure.pauseAtMemoryRatio,
    cautions: cautionsOf(configuration, Date.now()),
  };
}

/** The versions of the Graph API, and when Meta stops serving them. */
function graphApiOf({ graphApi: { version, canary } }: Configuration) {
  return { ...servedUntil(version), canary: canary === null ? null : servedUntil(canary.version) };
}

/** Unix ms; null where it is not known. */
function servedUntil(version: string) {
  const end = versionEnd(version);
  return { version, endsAt: end?.at ?? null, announced: end?.announced ?? false };
}

async function once(
  reader: StatusReader,
  setting: Setting,
  configuration: Configuration,
  json: boolean,
): Promise<number> {
  const status = await reader.read(SAMPLE_MS);
  const demands = attention(status, setting);
  const act = demands[0]?.urgency ?? 'no';
  const graphApi = graphApiOf(configuration);
  const lines = renderScreen(status, demands, process.stdout.columns ?? COLUMNS);
  await printResult({ json }, { act, demands, graphApi, ...status }, `${lines.join('\n')}\n`);
  return act === 'now' ? EXIT.failed : EXIT.done;
}

async function follow(reader: StatusReader, setting: Setting): Promise<number> {
  await watch(process.stdout, process.stdin, WATCH_MS, async () => {
    const status = await reader.read();
    return renderScreen(status, attention(status, setting), process.stdout.columns, FOOTER);
  });
  return EXIT.done;
}

interface StatusFlags {
  readonly config?: string;
  readonly watch?: boolean;
  readonly json?: boolean;
  /** Seconds. */
  readonly timeout?: number;
}

/** Prints the state of everything, once or again and again; resolves to the exit code. */
export async function showStatus(flags: StatusFlags): Promise<number> {
  const { config, watch: watched, json, timeout } = flags;
  const configuration = await loadConfiguration(config, process.env);
  const reader = createStatusReader(configuration, timeout === undefined ? null : timeout * 1000);
  const setting = settingOf(configuration, config);
  const terminal = process.stdout.isTTY && process.stdin.isTTY;
  const code = await (watched && terminal
    ? follow(reader, setting)
    : once(reader, setting, configuration, json === true));
  reader.close();
  // Do not wait for a connection that still hangs.
  setImmediate(() => process.exit());
  return code;
}
