import { expect, test } from '@jest/globals';
import { resolveCommit, versionHere } from './versions.ts';

test('a commit by any of its names', () => {
  const { commit } = versionHere();
  expect(commit).toMatch(/^[0-9a-f]{40}$/);
  expect([resolveCommit('HEAD'), resolveCommit(commit.slice(0, 12))]).toEqual([commit, commit]);
});

test.each(['no-such-branch', '', '--all', 'HEAD:README.md', 'a\nb', '$(id)'])(
  '%j is no commit',
  (name) => {
    expect(() => resolveCommit(name)).toThrow(
      `--base ${JSON.stringify(name)} names no commit of this repository`,
    );
  },
);
