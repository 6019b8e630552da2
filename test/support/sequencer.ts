import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

// A CommonJS module with a default export, which an import of ours would wrap once too often.
const { default: Sequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
) as typeof import('@jest/test-sequencer');

interface TestFile {
  readonly path: string;
}

/**
 * What takes longest begins first, so that it does not run alone at the end: the crash proofs, the
 * files that wait longest, and everything else that meets servers.
 */
const LONG = [
  /\/test\/crash\//,
  /\/integration\/(?:older-redis|redis-(?:refuses|cluster|sentinels)|positions|sealing|outcomes|dead-letters)\.test\.ts$/,
  /\/hostile-text\/expressions\.test\.ts$/,
  /\/test\/integration\//,
];

/**
 * The order of the test files: jest's own with the longest first, or a random one that
 * `TEST_ORDER_SEED` decides, which shows tests that depend on what ran before them.
 */
export default class TestSequencer extends Sequencer {
  override async sort<T extends TestFile>(tests: T[]): Promise<T[]> {
    const seed = process.env['TEST_ORDER_SEED'];
    if (seed !== undefined && seed !== '') {
      return [...tests].sort((a, b) => rank(seed, a.path).localeCompare(rank(seed, b.path)));
    }
    const sorted = (await super.sort(tests as never)) as unknown as T[];
    // The sort is stable: within a class, jest's own order stays.
    return sorted.sort((a, b) => classOf(a.path) - classOf(b.path));
  }
}

/** Its place among the classes of `LONG`, or behind all of them. */
function classOf(path: string): number {
  const index = LONG.findIndex((pattern) => pattern.test(path));
  return index < 0 ? LONG.length : index;
}

function rank(seed: string, path: string): string {
  return createHash('sha256').update(`${seed} ${path}`).digest('hex');
}
