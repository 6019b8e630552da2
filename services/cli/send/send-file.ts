import { styleText } from 'node:util';
import type { Configuration } from '#config/configuration.ts';
import { UsageError } from '#config/errors.ts';
import { loadConfiguration, loadPixel } from '#config/load.ts';
import { PixelNames } from '#core/pixel-names.ts';
import { plural } from '#core/text/format.ts';
import { createGraphClient } from '#graph/client.ts';
import { abortOnStopSignal } from '#process/lifecycle.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { didYouMean } from '../known-names.ts';
import { print, printJson } from '../output/print.ts';
import { showProgress } from '../output/progress.ts';
import { textColumns } from '../output/table.ts';
import { printable, wrapped } from '../output/text.ts';
import { readEvents } from './input.ts';
import { type PlannedEvent, planEvents } from './plan.ts';
import { type SendReport, sendEvent } from './send.ts';

interface SendFlags {
  readonly config?: string;
  readonly pixel?: string;
  readonly accessTokenFile?: string;
  readonly testEventCode?: string;
  readonly json?: boolean;
}

type Sending = Pick<Configuration, 'graphApi' | 'pixels'> & {
  readonly configuration: Configuration | null;
  /** The ID of the only pixel to send to; null for all. */
  readonly onlyPixel: string | null;
};

async function load({ config, ...flags }: SendFlags): Promise<Sending> {
  const { pixel, accessTokenFile, testEventCode } = flags;
  if (config === undefined) {
    if (pixel === undefined) {
      throw new UsageError('no recipient: give --config FILE, or --pixel ID with an access token');
    }
    const accessToken = process.env['CAPI_RELAY_ACCESS_TOKEN'];
    if (accessToken === undefined && accessTokenFile === undefined) {
      throw new UsageError(
        'no access token: export CAPI_RELAY_ACCESS_TOKEN, or give --access-token-file',
      );
    }
    const token = accessTokenFile === undefined ? { accessToken } : { accessTokenFile };
    const given = { pixelId: pixel, testEventCode, ...token };
    return { ...(await loadPixel(given, process.env)), configuration: null, onlyPixel: pixel };
  }
  const configuration = await loadConfiguration(config, process.env);
  const { graphApi, pixels } = configuration;
  const names = new PixelNames(pixels);
  const onlyPixel = pixel === undefined ? null : names.idOf(pixel);
  if (pixel !== undefined && onlyPixel === null) {
    const known = pixels.slice(0, 10).map(({ pixelId }) => names.label(pixelId));
    const meant = didYouMean(pixel, names.spellings) || ` → one of ${known.join(', ')}`;
    const problem = `${pixel} is not a pixel of the configuration${meant}`;
    throw new UsageError(`--pixel: ${problem}`);
  }
  const withCode = pixels.map((each) =>
    testEventCode === undefined ? each : { ...each, testEventCode },
  );
  return { graphApi, pixels: withCode, configuration, onlyPixel };
}

/** Where the events go, and whether as test events. */
function announcement({ graphApi }: Sending, planned: readonly PlannedEvent[]): string {
  const sent = planned.filter((each) => each.outcome === 'deliver');
  const codes = new Set(
    sent.map(({ recipient }) => recipient.testEventCode ?? 'no test event code'),
  );
  const where = `${new URL(graphApi.url).host}, ${graphApi.version}`;
  return `Sending ${plural(sent.length, 'event')} to ${where}, with ${[...codes].join(', ')}.\n`;
}

const INDENT = '    ';

const COLOURS = {
  delivered: 'green',
  filter: 'yellow',
  throttled: 'yellow',
  retry: 'yellow',
  blocked: 'red',
  rejected: 'red',
  reject: 'red',
} as const;

/** One event: what became of it, Meta's own words, and what to do. */
function renderReport(report: SendReport, columns: number, names: PixelNames): string {
  const { line, outcome, pixelId, eventName, eventId, reason, message, todo } = report;
  const title = [
    styleText('dim', `line ${line}`),
    eventName === null ? '' : styleText('bold', printable(eventName)),
    styleText(COLOURS[outcome], reason === null ? outcome : `${outcome}: ${reason}`),
    pixelId === null ? '' : styleText('dim', `pixel ${names.label(pixelId)}`),
  ];
  const say = (text: string): string => wrapped(printable(text), columns, INDENT);
  return [
    `${title.filter((part) => part !== '').join('  ')}\n`,
    say(message),
    // Without an answer, the message says it all.
    report.error === null || report.error.status === 0 ? '' : say(errorLine(report.error)),
    eventId === null ? '' : say(`event_id ${eventId}`),
    report.traceId === null ? '' : say(`trace id ${report.traceId}`),
    ...report.remarks.map((remark) => say(`Meta remarks: ${remark}`)),
    ...report.warnings.map(({ path, message: text }) => say(`warning, ${path}: ${text}`)),
    todo === '' ? '' : say(`→ ${todo}`),
  ].join('');
}

function errorLine({ status, code, subcode, message }: NonNullable<SendReport['error']>): string {
  const number = code === null ? `HTTP ${status}` : `code ${code}`;
  return `Meta answers ${number}${subcode === null ? '' : `/${subcode}`}: ${message}`;
}

/** How the events ended, in one line. */
function renderOutcomes(reports: readonly SendReport[]): string {
  const counts = Object.keys(COLOURS).flatMap((outcome) => {
    const count = reports.filter((report) => report.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  return `${plural(reports.length, 'answer')}: ${counts.join(', ')}.\n`;
}

function interruption({ line }: PlannedEvent, done: number, all: number): string {
  return `Interrupted: ${all - done} of ${all} were not sent, from line ${line} on.\n`;
}

async function sendAll(sending: Sending, planned: readonly PlannedEvent[], json: boolean) {
  const client = createGraphClient({ ...sending.graphApi, gzip: false });
  const signal = abortOnStopSignal();
  const progress = showProgress(planned.length);
  const columns = textColumns();
  const names = new PixelNames(sending.pixels);
  const reports: SendReport[] = [];
  try {
    for (const each of planned) {
      if (signal.aborted) break;
      progress.report(reports.length, () => `${reports.length} of ${planned.length} sent`);
      const report = await sendEvent(each, client, signal);
      reports.push(report);
      progress.end();
      await (json ? printJson(report) : print(renderReport(report, columns, names)));
    }
  } finally {
    client.close();
  }
  if (!json) await print(`\n${renderOutcomes(reports)}`);
  const next = planned[reports.length];
  if (next !== undefined) process.stderr.write(interruption(next, reports.length, planned.length));
  return reports;
}

/**
 * Sends each event of a file, and explains each answer; resolves to the exit code.
 * @param file a path, or - for standard input
 */
export async function sendFile(file: string, flags: SendFlags): Promise<number> {
  const sending = await load(flags);
  const planned = planEvents(await readEvents(file), sending);
  process.stderr.write(announcement(sending, planned));
  const reports = await sendAll(sending, planned, flags.json === true);
  const isDone = ({ outcome }: SendReport): boolean =>
    outcome === 'delivered' || outcome === 'filter';
  if (reports.length < planned.length) return EXIT_CODES.interrupted;
  return reports.every(isDone) ? EXIT_CODES.done : EXIT_CODES.failed;
}
