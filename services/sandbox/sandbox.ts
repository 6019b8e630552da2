import type { Registry } from 'prom-client';
import type { Access } from './access.ts';
import type { Behaviour } from './behaviour/behaviour.ts';
import type { BehaviourBook } from './behaviour/book.ts';
import type { Journal } from './journal/journal.ts';
import type { IndexShown } from './validator/fault.ts';

/** The state that all routes share. */
export interface Sandbox {
  readonly options: SandboxOptions;
  readonly journal: Journal;
  readonly book: BehaviourBook;
  readonly access: Access;
  readonly metrics: Registry;
}

/** The options of the sandbox, complete. */
export interface SandboxOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Pixel → its tokens; null takes any pixel with any token. */
  readonly pixels: ReadonlyMap<string, ReadonlySet<string>> | null;
  /** Graph API versions still served, the newest last. */
  readonly versions: readonly string[];
  readonly acceptGzip: boolean;
  /** Largest request body in bytes, before and after decompression. */
  readonly maxBodyBytes: number;
  readonly requireWebsiteContext: boolean;
  readonly allowPersonalData: boolean;
  readonly indexShown: IndexShown;
  readonly behaviours: readonly Behaviour[];
  /** Unix ms. */
  readonly now: () => number;
  /** 0 to 1, decides about probabilities and ranges. */
  readonly random: () => number;
}

const DEFAULT_PORT = 9200;

/** Each version is served for about two years. Source: Meta, Graph API changelog. */
const SERVED_VERSIONS: readonly string[] = [
  'v20.0',
  'v21.0',
  'v22.0',
  'v23.0',
  'v24.0',
  'v25.0',
  'v26.0',
];

export const DEFAULT_OPTIONS: SandboxOptions = {
  host: '127.0.0.1',
  port: DEFAULT_PORT,
  pixels: null,
  versions: SERVED_VERSIONS,
  acceptGzip: true,
  maxBodyBytes: 8 * 1024 * 1024,
  requireWebsiteContext: false,
  allowPersonalData: false,
  indexShown: 'some',
  behaviours: [],
  now: Date.now,
  random: Math.random,
};
