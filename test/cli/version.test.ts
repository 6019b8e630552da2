import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { headOf, readVersion, renderVersion } from '#cli/version/version.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const OTHER = 'f'.repeat(40);

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'capi-relay-version-'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
}

test.each([
  ['a branch', { '.git/HEAD': 'ref: refs/heads/a/b\n', '.git/refs/heads/a/b': `${COMMIT}\n` }],
  ['no branch', { '.git/HEAD': `${COMMIT}\n` }],
  [
    'a packed branch',
    {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/packed-refs': `# pack-refs\n${OTHER} refs/heads/x/main\n${COMMIT} refs/heads/main\n`,
    },
  ],
  [
    'a further worktree',
    {
      '.git': 'gitdir: .repository/worktrees/w\n',
      '.repository/worktrees/w/HEAD': 'ref: refs/heads/w\n',
      '.repository/worktrees/w/commondir': '../..\n',
      '.repository/refs/heads/w': `${COMMIT}\n`,
    },
  ],
])('the commit of a checkout with %s', async (_, files) => {
  await write(files);
  expect(headOf(root)).toBe(COMMIT);
});

test.each([
  ['nothing', {}],
  ['a branch without a commit', { '.git/HEAD': 'ref: refs/heads/main\n' }],
  ['something else', { '.git/HEAD': 'x'.repeat(1000) }],
])('no commit where there is %s', async (_, files) => {
  await write(files);
  expect(headOf(root)).toBeNull();
  const version = readVersion(root);
  expect(version).toMatchObject({ commit: null, node: process.versions.node });
  expect(renderVersion(version)).toMatch(/^capi-relay [\d.]+\nNode [\d.]+, \w+ \w+\n$/);
});

test('a package has its commit in a file', async () => {
  await write({ commit: `${COMMIT}\n`, '.git/HEAD': OTHER });
  const version = readVersion(root);
  expect(version.commit).toBe(COMMIT);
  expect(renderVersion(version)).toContain(' (commit 0123456789ab)\n');
});
