import pino, { type DestinationStream, type Logger } from 'pino';
import { safeError } from './safe-error.ts';
import { VERSION } from './version.ts';

export type { Logger };
export { safeError };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What must never be printed, should it ever get into a line by mistake; down to three levels. */
const REDACTED = [
  'accessToken',
  'access_token',
  'token',
  'authorization',
  'password',
  'key',
  'user_data',
  'personal',
  'traits',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * JSON lines on standard output: time (ISO), level (a word), msg, service, version and pid, and what
 * the caller adds. Nothing personal is ever handed to it; what is listed above is cut out all the same.
 */
export function createLogger(
  service: string,
  level: LogLevel = 'info',
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Logger {
  const options = {
    level,
    base: { service, version: VERSION, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[removed]' },
    serializers: { error: safeError, err: safeError },
  };
  return pino(options, destination);
}
