import pino, { type DestinationStream, type Logger } from 'pino';
import { NO_NAMES, type PixelNames } from '#core/pixel-names.ts';
import { prettyLine } from './pretty-log.ts';
import { safeError } from './redact.ts';
import { VERSION } from './version.ts';

export type { Logger };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Keys that are never printed, should they get into a line by mistake; down to three levels. */
const REDACTED = [
  'accessToken',
  'appSecret',
  'access_token',
  'token',
  'authorization',
  'password',
  'key',
  'user_data',
  'personal',
  'traits',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** A line about a pixel says its name too. */
function withPixelName(
  line: Record<string, unknown>,
  names: Pick<PixelNames, 'of'>,
): Record<string, unknown> {
  const pixelName = typeof line['pixel'] === 'string' ? names.of(line['pixel']) : null;
  return pixelName === null ? line : { ...line, pixelName };
}

/** How lines are written: `auto` is pretty on a terminal, and JSON elsewhere. */
export type LogFormat = 'auto' | 'json' | 'pretty';

/** Standard output. @param format of a line, which a reload may change */
export function logOutput(
  format: () => LogFormat,
  out: { readonly isTTY?: boolean } = process.stdout,
  plain: DestinationStream = pino.destination({ dest: 1, sync: true }),
): DestinationStream {
  const isPretty = (): boolean =>
    format() === 'pretty' || (format() === 'auto' && out.isTTY === true);
  return { write: (line) => void plain.write(isPretty() ? prettyLine(line) : line) };
}

/**
 * JSON lines on standard output: time (ISO), level (a word), msg, service, version, pid, and what the
 * caller adds. Callers never pass personal data; the keys above are removed all the same.
 *
 * @param names of pixels, which a reload may change
 */
export function createLogger(
  service: string,
  level: LogLevel = 'info',
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
  names: () => Pick<PixelNames, 'of'> = () => NO_NAMES,
): Logger {
  const options = {
    level,
    base: { service, version: VERSION, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (line: Record<string, unknown>) => withPixelName(line, names()),
    },
    redact: { paths: REDACTED, censor: '[removed]' },
    serializers: { error: safeError, err: safeError },
  };
  return pino(options, destination);
}
