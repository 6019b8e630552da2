import type { Registry } from 'prom-client';
import type { Access } from './access.ts';
import type { Behaviour } from './behaviour/behaviour.ts';
import type { BehaviourBook } from './behaviour/book.ts';
import type { Journal } from './journal/journal.ts';
import type { IndexShown } from './validator/fault.ts';
import type { ValidatorOptions } from './validator/validate.ts';

/** The state that all routes share. */
export interface Sandbox {
  readonly options: SandboxOptions;
  readonly journal: Journal;
  readonly book: BehaviourBook;
  readonly access: Access;
  readonly metrics: Registry;
}

/** The options of the sandbox, complete. */
export interface SandboxOptions extends Omit<ValidatorOptions, 'now'> {
  /** Address to listen on. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Pixel → its tokens; null takes any pixel with any token. */
  readonly pixels: ReadonlyMap<string, ReadonlySet<string>> | null;
  /** Graph API versions that are served, the newest last; null serves those that Meta serves at `now`. */
  readonly versions: readonly string[] | null;
  readonly acceptGzip: boolean;
  /** Largest request body in bytes, before and after decompression. */
  readonly maxBodyBytes: number;
  readonly indexShown: IndexShown;
  readonly behaviours: readonly Behaviour[];
  /** Unix ms. */
  readonly now: () => number;
  /** 0 to 1, decides about probabilities and ranges. */
  readonly random: () => number;
}

export const DEFAULT_OPTIONS: SandboxOptions = {
  host: '127.0.0.1',
  port: 9200,
  pixels: null,
  versions: null,
  acceptGzip: true,
  maxBodyBytes: 8 * 1024 * 1024,
  requireWebsiteContext: false,
  allowPersonalData: false,
  indexShown: 'some',
  behaviours: [],
  now: Date.now,
  random: Math.random,
};
