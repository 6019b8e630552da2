import { randomBytes } from 'node:crypto';
import { UsageError } from '#config/errors.ts';
import { COMPRESSIONS, type Compression } from '#kafka/compressions.ts';
import { type Command, createCommand, Option, optionalConfigOption } from '#process/command.ts';
import { commaList, positiveNumber, wholeNumber } from '#process/option-values.ts';

/** The options of a run, with every default filled in. */
export interface ProduceOptions {
  readonly configFile: string | undefined;
  /** Null for the first topic of the configuration. */
  readonly topic: string | null;
  /** Null for no limit. */
  readonly count: number | null;
  readonly durationMs: number | null;
  /** Messages per second; null for as fast as Kafka accepts them. */
  readonly rate: number | null;
  readonly seed: string;
  /** Unix ms that counts as now for the events; null for the clock. */
  readonly startMs: number | null;
  /** Share of bad messages, 0 to 1. */
  readonly badShare: number;
  /** Names of shops, the busiest first; at least one. */
  readonly sources: readonly string[];
  readonly compression: Compression;
  /** Where lines come from instead of the generator: a path, or `-` for standard input. */
  readonly file: string | null;
  /** Partitions of a topic to create; null creates none. */
  readonly partitions: number | null;
  /** Whether each message gets a trace of its own. */
  readonly traced: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const DEFAULT_COUNT = 1_000;
const DEFAULT_BAD_SHARE = 0.01;
/** Compressing costs less than half of what sending uncompressed messages costs. */
const DEFAULT_COMPRESSION: Compression = 'lz4';
const DEFAULT_SOURCES = ['shop-eu', 'shop-us', 'shop-jp'];

const EXAMPLE = `capi-relay produce --count 20000 --create-topic 6
capi-relay produce --rate 500 --duration 60 --sources shop-eu
capi-relay produce --dry-run --count 5 --bad 0 --seed 7
capi-relay produce --file events.jsonl --topic track-events`;

const SUMMARY =
  'Sends Track events to Kafka: generated traffic of several shops, or the lines of a file.';

/** An option that shapes generated events, and has no effect on those of a file. */
function generatorOption(flags: string, description: string): Option {
  return new Option(flags, description).conflicts('file');
}

export function produceCommand(): Command {
  const count = `how many messages (default: ${DEFAULT_COUNT}; no limit with --rate or --duration)`;
  const start = 'ISO 8601; the current time of the events: with --seed, repeats a run exactly';
  return createCommand('produce', SUMMARY, EXAMPLE)
    .addOption(optionalConfigOption())
    .option('--topic <name>', 'the topic (default: the first topic of the configuration)')
    .option('--count <number>', count, wholeNumber('--count', ' of messages'))
    .option('--duration <seconds>', 'for how long', positiveNumber('--duration', 'seconds'))
    .option(
      '--rate <number>',
      'messages per second (default: as fast as Kafka accepts them)',
      positiveNumber('--rate', 'messages per second'),
    )
    .addOption(generatorOption('--seed <text>', 'seed of the traffic (default: random)'))
    .addOption(generatorOption('--start <time>', start).argParser(parseStart))
    .addOption(
      generatorOption('--bad <share>', 'share of bad messages, 0 to 1')
        .argParser(parseShare)
        .default(DEFAULT_BAD_SHARE),
    )
    .addOption(
      generatorOption('--sources <names>', 'shops, the busiest first')
        .argParser(commaList('--sources'))
        .default(DEFAULT_SOURCES, DEFAULT_SOURCES.join()),
    )
    .addOption(
      new Option('--compression <codec>', 'how batches are compressed')
        .choices(COMPRESSIONS)
        .default(DEFAULT_COMPRESSION),
    )
    .option('--file <path>', 'send the lines of a file; - reads standard input')
    .option(
      '--create-topic <partitions>',
      'create the topic if it does not exist',
      wholeNumber('--create-topic', ' of partitions'),
    )
    .option('--traced', 'add a traceparent header to each message, as a traced producer does')
    .option('--dry-run', 'print the messages, one per line, and send nothing')
    .option('--json', 'print the summary as JSON');
}

/** Fills in the defaults that depend on other options. */
export function readFlags(flags: ReturnType<Command['opts']>): ProduceOptions {
  const { duration = null, rate = null, file = null } = flags;
  const isUnlimited = file !== null || duration !== null || rate !== null;
  return {
    configFile: flags['config'],
    topic: flags['topic'] ?? null,
    count: flags['count'] ?? (isUnlimited ? null : DEFAULT_COUNT),
    durationMs: duration === null ? null : duration * 1000,
    rate,
    seed: flags['seed'] ?? randomBytes(4).toString('hex'),
    startMs: flags['start'] ?? null,
    badShare: flags['bad'],
    sources: flags['sources'],
    compression: flags['compression'],
    file,
    partitions: flags['createTopic'] ?? null,
    traced: flags['traced'] === true,
    dryRun: flags['dryRun'] === true,
    json: flags['json'] === true,
  };
}

function parseStart(text: string): number {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new UsageError(`--start takes a time such as 2026-11-20T10:00:00Z, not “${text}”`);
}

function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share >= 0 && share <= 1) return share;
  throw new UsageError(`--bad takes a share from 0 to 1, such as 0.01, not “${text}”`);
}
