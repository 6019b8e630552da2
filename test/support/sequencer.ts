import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

// A CommonJS module with a default export, which an import of ours would wrap once too often.
const { default: Sequencer } = createRequire(import.meta.url)(
  '@jest/test-sequencer',
) as typeof import('@jest/test-sequencer');

interface TestFile {
  readonly path: string;
}

/** What takes longest begins first, so that it does not run alone at the end. */
const LONG = /\/test\/crash\//;

/**
 * The order of the test files: jest's own with the crash proofs first, or a random one that
 * `TEST_ORDER_SEED` decides, which shows tests that depend on what ran before them.
 */
export default class TestSequencer extends Sequencer {
  override async sort<T extends TestFile>(tests: T[]): Promise<T[]> {
    const seed = process.env['TEST_ORDER_SEED'];
    if (seed !== undefined && seed !== '') {
      return [...tests].sort((a, b) => rank(seed, a.path).localeCompare(rank(seed, b.path)));
    }
    const sorted = (await super.sort(tests as never)) as unknown as T[];
    return [
      ...sorted.filter(({ path }) => LONG.test(path)),
      ...sorted.filter(({ path }) => !LONG.test(path)),
    ];
  }
}

function rank(seed: string, path: string): string {
  return createHash('sha256').update(`${seed} ${path}`).digest('hex');
}
