import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

interface Locked {
  readonly integrity?: string;
  readonly resolved?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
  'dependencies' | 'devDependencies',
  Readonly<Record<string, string>>
>;
const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
const installed = locked.filter(([, { dev }]) => dev !== true);

/** Licences that let a company use, change and ship the program, by their SPDX names. */
const LICENCES =
  /^\(?(?:MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0)(?: OR [^()]+\))?$/;

describe('what users install', () => {
  test('is there', () => {
    expect(installed.length).toBeGreaterThan(100);
  });

  test('has a licence that permits its use', () => {
    const others = installed.filter(([, { license = '' }]) => !LICENCES.test(license));
    expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
  });

  test('works where install scripts are not run', () => {
    const scripts = installed.filter(([, each]) => each.hasInstallScript && !each.optional);
    expect(scripts.map(([path]) => path)).toEqual([]);
  });
});

test('every locked package has a checksum, and comes from whatever registry is configured', () => {
  const unsure = locked.filter(
    ([, { integrity = '', resolved }]) =>
      !integrity.startsWith('sha512-') || resolved !== undefined,
  );
  expect(unsure.map(([path]) => path)).toEqual([]);
});

test('every version is exact', () => {
  const named = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
});

test('SECURITY.md names tests that exist', () => {
  const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => /^\| [A-Z]/.test(line) && !/^\| Threat/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const links = [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(0);
    for (const path of links) {
      expect(path).toMatch(/^test\//);
      expect(() => readFileSync(join(ROOT, path))).not.toThrow();
    }
  }
});
