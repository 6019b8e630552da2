import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { hasEntries, latestRelease, unreleased } from '#release/changelog.ts';
import { PLACES } from '#release/places.ts';
import { compareVersions, makeRelease, planRelease } from '#release/release.ts';
import { inRepository } from '#test/support/in-repository.ts';

const DATE = '2031-02-03';

// Git as it is without anyone's settings, in this process and in those that it starts.
for (const name of Object.keys(process.env)) if (name.startsWith('GIT_')) delete process.env[name];
Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
let folder = '';
let original = '';
let clone = '';
let clones = 0;

const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, { cwd, encoding: 'utf8', stdio: 'pipe' }).trim();

function identify(repository: string): void {
  git(repository, 'config', 'user.name', 'A Maintainer');
  git(repository, 'config', 'user.email', 'maintainer@example.com');
}

/** A repository with every file of ours that a release changes, and one that it leaves alone. */
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'capi-relay-release-')));
  original = join(folder, 'original');
  for (const name of [...PLACES.keys(), 'LICENSE']) {
    cpSync(inRepository(name), join(original, name), { recursive: true });
  }
  git(folder, 'init', '--quiet', '--initial-branch', 'main', original);
  identify(original);
  git(original, 'add', '--all', '--force');
  git(original, 'commit', '--quiet', '--message', 'Before');
});
beforeEach(() => {
  clones += 1;
  clone = join(folder, `clone-${clones}`);
  git(folder, 'clone', '--quiet', original, clone);
  identify(clone);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(join(clone, name), 'utf8');
const manifest = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));

/** Runs what `make release` runs. */
function command(...args: string[]): { code: number; out: string; err: string } {
  const words = [inRepository('deploy/release/main.ts'), '--root', clone, '--date', DATE, ...args];
  try {
    const options = { encoding: 'utf8', stdio: 'pipe' } as const;
    return { code: 0, out: execFileSync(process.execPath, words, options), err: '' };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, out: stdout, err: stderr };
  }
}

describe('a release', () => {
  test('has its version in every place, one commit and one tag with what has changed', () => {
    const notes = unreleased(read('CHANGELOG.md'));
    const before = git(clone, 'rev-parse', 'HEAD');
    expect(command('--version', '7.8.9').code).toBe(0);

    expect(JSON.parse(read('package.json'))).toEqual({ ...manifest, version: '7.8.9' });
    const lock = JSON.parse(read('package-lock.json'));
    expect([lock.version, lock.packages[''].version]).toEqual(['7.8.9', '7.8.9']);
    const untouched = JSON.parse(readFileSync(inRepository('package-lock.json'), 'utf8'));
    untouched.version = '7.8.9';
    untouched.packages[''].version = '7.8.9';
    expect(lock).toEqual(untouched);
    expect(parse(read('deploy/helm/capi-relay/Chart.yaml'))).toMatchObject({
      version: '7.8.9',
      appVersion: '7.8.9',
    });
    expect(read('deploy/Dockerfile')).toMatch(/^ARG VERSION=7\.8\.9$/m);
    expect(read('docs/capi-relay.1')).toMatch(
      /^\.TH CAPI\\-RELAY 1 "2031-02-03" "capi\\-relay 7\.8\.9"/m,
    );
    expect(read('docs/install.md')).toContain('./capi-relay-7.8.9.tgz');
    expect(read('docs/install.md')).toContain('example-capi-relay-7.8.9.tgz');
    expect(read('README.md')).toContain('./capi-relay-7.8.9.tgz');

    const changelog = read('CHANGELOG.md');
    expect(unreleased(changelog)).toBe('');
    expect(latestRelease(changelog)).toEqual({ version: '7.8.9', date: DATE });
    expect(changelog).toContain(`## [Unreleased]\n\n## [7.8.9] - ${DATE}\n\n${notes}`);

    expect(git(clone, 'status', '--porcelain')).toBe('');
    expect(git(clone, 'rev-parse', 'HEAD~1')).toBe(before);
    expect(git(clone, 'log', '-1', '--format=%s')).toBe('Release 7.8.9');
    expect(git(clone, 'rev-parse', 'v7.8.9^{commit}')).toBe(git(clone, 'rev-parse', 'HEAD'));
    expect(git(clone, 'cat-file', 'tag', 'v7.8.9')).toContain(`capi-relay 7.8.9\n\n${notes}`);
    const changed = git(clone, 'diff', '--name-only', 'HEAD~1').split('\n');
    expect(changed.toSorted()).toEqual([...PLACES.keys()].toSorted());
  });

  test('is followed by another one, which has only what is new', () => {
    makeRelease(clone, planRelease(clone, '1.0.0', DATE));
    const entry = '- `status` shows more.';
    writeFileSync(
      join(clone, 'CHANGELOG.md'),
      read('CHANGELOG.md').replace(
        '## [Unreleased]\n',
        `## [Unreleased]\n\n### Added\n\n${entry}\n`,
      ),
    );
    git(clone, 'commit', '--quiet', '--all', '--message', 'Show more');
    const plan = planRelease(clone, '1.1.0-rc.1', DATE);
    expect(plan).toMatchObject({ notes: `### Added\n\n${entry}`, tag: 'v1.1.0-rc.1' });
    makeRelease(clone, plan);
    expect(latestRelease(read('CHANGELOG.md'))).toEqual({ version: '1.1.0-rc.1', date: DATE });
    expect(read('README.md')).toContain('./capi-relay-1.1.0-rc.1.tgz');
  });

  test('that is only tried changes nothing, and says what it would do', () => {
    const before = git(clone, 'rev-parse', 'HEAD');
    const { code, out } = command('--version', '7.8.9', '--dry-run');
    expect(code).toBe(0);
    expect(out).toContain('capi-relay 7.8.9, 2031-02-03, after ');
    for (const name of PLACES.keys()) expect(out).toContain(`\n  ${name}`);
    expect(out).toContain('Nothing was changed');
    expect([git(clone, 'rev-parse', 'HEAD'), git(clone, 'status', '--porcelain')]).toEqual([
      before,
      '',
    ]);
    expect(git(clone, 'tag')).toBe('');
  });

  test('that Git refuses leaves everything as it was', () => {
    const before = git(clone, 'rev-parse', 'HEAD');
    for (const hook of ['pre-commit', 'reference-transaction']) {
      const file = join(clone, '.git/hooks', hook);
      // The second one lets commits pass, and no tag.
      const script = hook === 'pre-commit' ? 'exit 1' : '! grep -q refs/tags/';
      writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const plan = planRelease(clone, '7.8.9', DATE);
      expect(() => makeRelease(clone, plan)).toThrow(/Git does not take it/);
      expect(git(clone, 'rev-parse', 'HEAD')).toBe(before);
      expect([git(clone, 'status', '--porcelain'), git(clone, 'tag')]).toEqual(['', '']);
      rmSync(file);
    }
  });
});

describe('a release is refused', () => {
  const empty = (text: string): string => text.replace(unreleased(text), '### Added\n');

  test.each<[string, string, RegExp, () => void]>([
    ['of a tree with changes', '7.8.9', /changes:\n M LICENSE\n/, () => change('LICENSE')],
    ['of a tree with new files', '7.8.9', /changes:\n\?\? new\n/, () => change('new')],
    ['when its tag exists', '7.8.9', /tag v7\.8\.9 exists/, () => git(clone, 'tag', 'v7.8.9')],
    ['where nothing is unreleased', '7.8.9', /nothing is under Unreleased/, () => rewrite(empty)],
    [
      'where nothing is called unreleased',
      '7.8.9',
      /has no heading/,
      () => rewrite((text) => text.replace('[Unreleased]', '[Next]')),
    ],
    [
      'where the changelog has it',
      '7.8.9',
      /heading for 7\.8\.9/,
      () => rewrite((text) => `${text}\n## [7.8.9] - 2020-01-01\n`),
    ],
    ['on no branch', '7.8.9', /no branch/, () => git(clone, 'checkout', '--quiet', '--detach')],
    [
      'by no one',
      '7.8.9',
      /does not know who commits/,
      () => git(clone, 'config', 'user.name', ''),
    ],
    ['with an older version', '0.0.1', /does not come after/, () => {}],
    ['with a name', 'next', /is no version/, () => {}],
    ['with a leading zero', '1.02.0', /is no version/, () => {}],
    ['with build metadata', '1.2.0+7', /is no version/, () => {}],
    ['with words behind it', '1.2.0; true', /is no version/, () => {}],
  ])('%s', (_, version, problem, prepare) => {
    prepare();
    const before = git(clone, 'rev-parse', 'HEAD');
    expect(() => planRelease(clone, version, DATE)).toThrow(problem);
    expect(git(clone, 'rev-parse', 'HEAD')).toBe(before);
  });

  test('by an exit code and a sentence', () => {
    expect(command('--version', '0.0.1')).toEqual({
      code: 1,
      out: '',
      err: `error: 0.0.1 does not come after ${manifest.version}\nchoose a later version\n`,
    });
    expect(command()).toMatchObject({ code: 2, out: '' });
  });

  function change(name: string): void {
    appendFileSync(join(clone, name), 'more\n');
  }

  function rewrite(edit: (text: string) => string): void {
    writeFileSync(join(clone, 'CHANGELOG.md'), edit(read('CHANGELOG.md')));
    git(clone, 'commit', '--quiet', '--all', '--message', 'Rewrite');
  }
});

test('versions are compared as numbers, and before them their pre-releases', () => {
  const order = ['0.9.0', '0.10.0', '1.0.0-1', '1.0.0-2', '1.0.0-10', '1.0.0-rc', '1.0.0-rc.1'];
  const all = [...order, '1.0.0-rc.2', '1.0.0', '1.0.1'];
  for (const [at, version] of all.entries()) {
    const signs = all.map((other) => Math.sign(compareVersions(version, other)));
    expect([version, signs]).toEqual([version, all.map((_, other) => Math.sign(at - other))]);
  }
});

test('headings are no entries of a changelog', () => {
  expect(hasEntries('### Added\n\n### Changed')).toBe(false);
  expect(hasEntries('### Added\n\n- More.')).toBe(true);
});

test('every place of this checkout has the version of package.json', () => {
  const { version } = manifest;
  const release = { version: '7.8.9', from: version, date: DATE };
  for (const [name, edit] of PLACES) {
    const text = readFileSync(inRepository(name), 'utf8');
    const changed = edit(text, release);
    expect([name, changed === null]).toEqual([name, false]);
    // And back again: where another version stood, it would not be the same.
    if (!/CHANGELOG|\.1$/.test(name)) {
      expect(edit(changed ?? '', { version, from: '7.8.9', date: DATE })).toBe(text);
    }
  }
});

test('no other file names what this release builds', () => {
  const names = ['capi-relay-', 'capi-relay:'].map((name) => `${name}${manifest.version}`);
  const folders = ['docs', 'deploy', 'packages', 'services'].flatMap((top) =>
    readdirSync(inRepository(top), { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.includes('node_modules'))
      .map((name) => join(top, name)),
  );
  const files = [...readdirSync(inRepository('.')), ...folders].filter((name) =>
    /\.(md|ya?ml|json|ts|mjs|sh|service)$|(^|\/)(Makefile|Dockerfile)$/.test(name),
  );
  const found = files.filter((name) => {
    const text = readFileSync(inRepository(name), 'utf8');
    return names.some((each) => text.includes(each));
  });
  expect(found.length).toBeGreaterThan(3);
  expect(found.filter((name) => !PLACES.has(name) && !name.startsWith('deploy/release'))).toEqual(
    [],
  );
});
