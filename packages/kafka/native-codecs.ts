import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/*
 * Snappy and LZ4 have native modules, which npm leaves out where it installs no optional packages, or
 * knows none for the platform. They are loaded when the first batch needs them: everything else works
 * without.
 */
export const snappy = loadedOnce('Snappy', 'snappy', () => require('snappy') as Snappy);
export const lz4 = loadedOnce('LZ4', 'lz4-napi', () => require('lz4-napi') as Lz4);

type Snappy = typeof import('snappy');
type Lz4 = typeof import('lz4-napi');

/** The native module of a codec cannot be loaded. Nothing is wrong with what it was to read. */
export class MissingCodec extends Error {
  /** Read by kafkajs: a consumer ends, rather than join its group again and again. */
  readonly retriable = false;
}

function loadedOnce<T>(codec: string, module: string, load: () => T): () => T {
  let loaded: T | null = null;
  return () => {
    try {
      loaded ??= load();
      return loaded;
    } catch (cause) {
      const where = `${process.platform}-${process.arch}`;
      throw new MissingCodec(
        `the codec ${codec} is not available: the module ${module} cannot be loaded on ${where} → install capi-relay again with npm install --include=optional, or let producers compress with gzip or zstd`,
        { cause },
      );
    }
  };
}
