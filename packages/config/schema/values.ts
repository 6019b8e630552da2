import { z } from 'zod';

/** A schema's own message: what is wrong, and how to fix it. */
export function says(message: string, fix: string): string {
  return `${message} → ${fix}`;
}

/** A mapping that may be left out: what is required in it is reported by its own path. */
export const section = <T extends z.core.$ZodLooseShape>(description: string, shape: T) =>
  z
    .strictObject(shape)
    .prefault({} as never)
    .describe(description);

/** Milliseconds. */
export const ms = (value: number) => z.int().min(0).default(value);

/** A number of things, or of bytes: at least one. */
export const count = (value: number, most = Number.MAX_SAFE_INTEGER) =>
  z.int().min(1).max(most).default(value);

export const flag = (value: boolean) => z.boolean().default(value);

/** A fraction between 0 and 1. */
export const ratio = (value: number) => z.number().min(0).max(1).default(value);

export const port = (value: number) => z.int().min(0).max(65_535).default(value);

/** A string that is not empty. */
export const text = () => z.string().min(1);

/** What secures a connection, besides the name of the server. */
export const tlsFiles = {
  caFile: text().optional().describe('CA certificate, for a private authority'),
  certFile: text().optional().describe('client certificate, with its chain if it has one'),
  keyFile: text().optional().describe('private key of the client certificate'),
  keyPassphrase: text().optional().describe('passphrase of an encrypted private key'),
  keyPassphraseFile: text().optional().describe('file that holds the passphrase'),
};

/** A list without duplicates. */
export const distinct = <T extends z.ZodType<string>>(item: T) =>
  z
    .array(item)
    .min(1)
    .refine(
      (items) => new Set(items).size === items.length,
      says('has duplicates', 'list each item once'),
    );

/** A list that may be empty. */
export const texts = (value: readonly string[]) => z.array(text()).default([...value]);

/** A string; whitespace alone means none. */
export const textOrNone = () =>
  z
    .string()
    .transform((value) => (value.trim() === '' ? null : value))
    .nullable()
    .prefault(null);

export const listenHost = () =>
  text()
    .nullable()
    .default(null)
    .describe(
      'address to listen on, such as `127.0.0.1`; `null`: every interface, because Prometheus and probes usually come from another machine',
    );

export const stopTimeoutMs = () => count(30_000).describe('time limit for a graceful stop');

export const metricsLingerMs = () =>
  ms(0).describe(
    'how long /metrics is served after the work has stopped; set it to the scrape interval, so that the last increments are scraped',
  );
