import pino, { type Logger } from 'pino';

export type { Logger };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What must never be printed, should it ever get into a line by mistake. */
const REDACTED = [
  'accessToken',
  'access_token',
  'authorization',
  'password',
  'key',
  'user_data',
  'personal',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * JSON lines on standard output: time (ISO), level (a word), msg, service and pid, and what the
 * caller adds. Nothing personal is ever handed to it; what is listed above is cut out all the same.
 */
export function createLogger(service: string, level: LogLevel = 'info'): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[removed]' },
    serializers: { error: safeError },
  });
}

/** An error as a log line holds it: what went wrong, without payload, URL query or token. */
export function safeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: typeof error };
  const code = (error as Error & { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message.replace(/(\w+:\/\/)[^\s/@]*@/g, '$1').replace(/\?[^\s"']*/g, ''),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  };
}
