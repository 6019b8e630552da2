import { z } from 'zod';

/** A schema's own message: what is wrong, and what to do about it. */
export function says(message: string, mend: string): string {
  return `${message} → ${mend}`;
}

/** Milliseconds. */
export const ms = (value: number) => z.int().min(0).default(value);

/** A number of things, or of bytes: at least one. */
export const count = (value: number) => z.int().min(1).default(value);

/** A share between 0 and 1. */
export const ratio = (value: number) => z.number().min(0).max(1).default(value);

export const port = (value: number) => z.int().min(0).max(65_535).default(value);

/** A text that is there. */
export const text = () => z.string().min(1);

/** A list without repetitions. */
export const distinct = <T extends z.ZodType<string>>(item: T) =>
  z
    .array(item)
    .min(1)
    .refine((items) => new Set(items).size === items.length, {
      error: says('names something twice', 'name each once'),
    });

/** A text in which nothing but blanks means none. */
export const textOrNone = () =>
  z
    .string()
    .transform((value) => (value.trim() === '' ? null : value))
    .nullable()
    .prefault(null);

/** The address that a service listens on for scrapes and probes. */
export const listenHost = () =>
  text()
    .nullable()
    .default(null)
    .describe(
      'address to listen on, such as `127.0.0.1`; `null` is every interface, because Prometheus and probes usually ask from another machine',
    );
