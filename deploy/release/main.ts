import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeRelease, planRelease, type ReleasePlan, ReleaseRefused } from './release.ts';

/* Makes a release of this checkout: `make release VERSION=0.2.0`. */

const USAGE = `Usage: make release VERSION=0.2.0 [DRY_RUN=1]

Moves what is unreleased in CHANGELOG.md under the version and today's date, writes the version to
every file that names it, commits that and tags the commit. With DRY_RUN=1 it only says so.
`;

const { values } = parseArgs({
  options: {
    version: { type: 'string', default: '' },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    root: { type: 'string', default: join(import.meta.dirname, '../..') },
    'dry-run': { type: 'boolean', default: false },
  },
});

function describe({ release, tag, notes, files }: ReleasePlan): string {
  const lines = notes.split('\n').filter((line) => line.startsWith('- ')).length;
  return [
    `capi-relay ${release.version}, ${release.date}, after ${release.from}, with the tag ${tag}`,
    `${lines} entries of CHANGELOG.md; the version goes into:`,
    ...[...files.keys()].map((name) => `  ${name}`),
  ].join('\n');
}

const NEXT = `
Nothing has left this machine. Next:
  git push --follow-tags    CI tests what was tagged
  make package              the npm package
  make image                the image
  make chart                the Helm chart
To take it back before that: git tag --delete TAG, then git reset --hard HEAD~1
`;

function run(): number {
  if (values.version === '') {
    process.stderr.write(USAGE);
    return 2;
  }
  try {
    const plan = planRelease(values.root, values.version, values.date);
    process.stdout.write(`${describe(plan)}\n`);
    if (values['dry-run']) {
      process.stdout.write('\nNothing was changed: this was a dry run.\n');
      return 0;
    }
    makeRelease(values.root, plan);
    process.stdout.write(NEXT.replace('TAG', plan.tag));
    return 0;
  } catch (error) {
    if (!(error instanceof ReleaseRefused)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
}

process.exitCode = run();
