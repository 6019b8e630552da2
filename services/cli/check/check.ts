import { styleText } from 'node:util';
import { cautionsOf } from '#config/cautions.ts';
import type { Configuration } from '#config/configuration.ts';
import { UsageError } from '#config/errors.ts';
import { exposuresOf } from '#config/exposures.ts';
import { loadConfiguration } from '#config/load.ts';
import { ConfigurationError, type Problem } from '#config/problems.ts';
import { versionEnd } from '#core/outcome/graph-versions.ts';
import { plural } from '#core/text/format.ts';
import { EXIT } from '#process/command.ts';
import { configFlag } from '../config-flag.ts';
import { didYouMean } from '../known-names.ts';
import { printJson, printResult } from '../output/print.ts';
import { terminalWidth } from '../output/table.ts';
import { wrapLines } from '../output/text.ts';
import { checkSealing, checkSecrets } from './check-files.ts';
import { checkKafka, checkStrangers } from './check-kafka.ts';
import { checkMemory } from './check-memory.ts';
import { checkPixel, sendTestEvent } from './check-pixel.ts';
import { checkEnvelopes, checkRedis } from './check-redis.ts';
import { checkRegistry } from './check-registry.ts';
import { checkSample } from './check-sample.ts';
import { type Finding, failure, ok, runCheck, warning } from './finding.ts';

/** The pixels that are to get a test event. */
function testedPixels(
  { pixels }: Pick<Configuration, 'pixels'>,
  codes: ReadonlyMap<string, string>,
): [Configuration['pixels'][number], string][] {
  return [...codes].map(([pixelId, code]) => {
    const pixel = pixels.find((each) => each.pixelId === pixelId);
    if (pixel === undefined) {
      const meant = didYouMean(
        pixelId,
        pixels.map((each) => each.pixelId),
      );
      throw new UsageError(`--test-event names pixel ${pixelId}, which is not configured${meant}`);
    }
    return [pixel, code];
  });
}

const MARKS = {
  ok: ['green', 'ok  '],
  warning: ['yellow', 'warn'],
  failure: ['red', 'FAIL'],
} as const;

/** Columns for what is said of a finding on a narrow terminal. */
const NARROWEST = 24;

/** A line for each finding, or more where a terminal is narrow, the fix below it, and the conclusion at the end. */
function render(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const indent = ' '.repeat(width + 8);
  const room = Math.max(terminalWidth() - indent.length, NARROWEST);
  const hanging = (text: string): string =>
    room === Number.POSITIVE_INFINITY ? text : wrapLines(text, room).join(`\n${indent}`);
  const lines = findings.map(({ level, subject, message, fix }) => {
    const [colour, mark] = MARKS[level];
    const line = `${styleText(colour, mark)}  ${subject.padEnd(width)}  ${hanging(message)}`;
    return fix === '' ? line : `${line}\n      ${' '.repeat(width)}→ ${hanging(fix)}`;
  });
  const count = (level: Finding['level']) => findings.filter((each) => each.level === level).length;
  const [failures, warnings] = [count('failure'), count('warning')];
  const conclusion =
    failures > 0
      ? `${failures} of ${plural(findings.length, 'check')} failed.`
      : `Ready${warnings > 0 ? `, with ${plural(warnings, 'warning')}` : ''}.`;
  return `${['ok    configuration is valid', ...lines, '', conclusion].join('\n')}\n`;
}

function findingOf({ path, line, message, fix }: Problem): Finding {
  const place = line === null ? path : `line ${line}, ${path}`;
  return failure('configuration', `${place}: ${message}`, fix);
}

interface CheckFlags {
  readonly config?: string;
  readonly json?: boolean;
  /** Seconds. */
  readonly timeout: number;
  /** How many messages; 0 for none. */
  readonly sample: number;
  /** Pixel → test event code. */
  readonly testEvent?: ReadonlyMap<string, string>;
}

/** What a person should look at, and until when Meta serves the versions of the Graph API. */
function checkCautions(configuration: Configuration): Finding[] {
  const cautions = cautionsOf(configuration, Date.now());
  const found = cautions.map(({ level, subject, problem, fix }) =>
    level === 'failure' ? failure(subject, problem, fix) : warning(subject, problem, fix),
  );
  const { version, canary } = configuration.graphApi;
  const quiet = (subject: string): boolean => !cautions.some((each) => each.subject === subject);
  return [
    ...found,
    ...(quiet('graphApi') ? servedUntil('graphApi', version) : []),
    ...(quiet('graphApi.canary') ? servedUntil('graphApi.canary', canary?.version) : []),
  ];
}

function servedUntil(subject: string, version: string | undefined): Finding[] {
  const end = version === undefined ? null : versionEnd(version);
  if (end === null) return [];
  const day = new Date(end.at).toISOString().slice(0, 10);
  const until = end.announced ? `until ${day}` : `at least until ${day}`;
  return [ok(subject, `Meta serves version ${version} ${until}`)];
}

/** One pixel alone parks nothing, unless the configuration says how many events may wait in Redis. */
function mayPark({ pixels, ingest }: Configuration): boolean {
  return pixels.length > 1 || ingest.parking.shareEvents !== null;
}

/** Checks everything, and prints what it found; resolves to the exit code. */
export async function checkAll(flags: CheckFlags): Promise<number> {
  const { config, json, timeout, sample, testEvent } = flags;
  const loaded = await loadConfiguration(config, process.env).catch((error: unknown) => {
    if (json && error instanceof ConfigurationError) return error;
    throw error;
  });
  if (loaded instanceof ConfigurationError) {
    await printJson({ findings: loaded.problems.map(findingOf) });
    return EXIT.usage;
  }
  const { kafka, schemaRegistry, redis, graphApi, pixels, sealing, deadLetters, files } = loaded;
  const tested = testedPixels(loaded, testEvent ?? new Map());
  const sampling = { timeoutMs: timeout * 1000, config: configFlag(config) };
  const checks = [
    checkKafka(kafka, deadLetters.topic, mayPark(loaded)),
    checkStrangers(kafka, redis),
    ...(sample === 0 ? [] : [checkSample(loaded, sample, sampling)]),
    ...(schemaRegistry === null ? [] : [checkRegistry(schemaRegistry)]),
    checkRedis(redis, pixels.length),
    checkMemory(redis, loaded),
    checkEnvelopes(redis, pixels),
    ...pixels.map((pixel) => checkPixel(graphApi, pixel)),
    ...tested.map(([pixel, code]) => sendTestEvent(graphApi, pixel, code)),
  ];
  const found = await Promise.all([
    checkSealing(sealing),
    exposuresOf(loaded).map(({ subject, problem, fix }) => warning(subject, problem, fix)),
    checkCautions(loaded),
    checkSecrets(files.slice(1)),
    ...checks.map((check) => runCheck(check, timeout * 1000)),
  ]);
  const renamed = loaded.renamed.map(({ from, to }) =>
    warning('configuration', `the section ${from} is now called ${to}`, `rename it to ${to}`),
  );
  const findings = [...renamed, ...found.flat()];
  await printResult({ json }, { findings }, render(findings));
  // Do not wait for a connection that still hangs.
  setImmediate(() => process.exit());
  return findings.some(({ level }) => level === 'failure') ? EXIT.failed : EXIT.done;
}
