import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findProgram } from '#local/system-package.ts';
import { inRepository } from '#test/support/in-repository.ts';

/** A machine that has these programs on its PATH and nothing else: each prints a text. */
type Programs = Readonly<Record<string, string>>;

const NODE_20 = { node: 'v20.19.4', npm: '10.8.2' };
const JAVA_17 = { java: 'openjdk version "17.0.15" 2025-04-15', mvn: 'Apache Maven 3.8.7' };
const REDIS = { 'redis-server': '' };
const TOOLS = { git: '', openssl: '', tar: '', ps: '', chromium: '', prometheus: '', promtool: '' };
const DOCKER = { docker: '' };
const APT = { 'apt-get': '' };
const ROOT = { id: '0' };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capi-relay-preflight-'));
  mkdirSync(join(folder, 'bin'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function has(programs: Programs): NodeJS.ProcessEnv {
  for (const [name, prints] of Object.entries(programs)) {
    const script = `#!/bin/sh\necho '${prints}'\n`;
    writeFileSync(join(folder, 'bin', name), script, { mode: 0o755 });
  }
  return { PATH: join(folder, 'bin') };
}

function preflight(goal: string, programs: Programs, env: NodeJS.ProcessEnv = {}) {
  const script = inRepository('deploy/local/preflight.sh');
  const { status, stdout, stderr } = spawnSync('/bin/sh', [script, goal], {
    env: { ...has(programs), ...env },
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

const NOTHING = { code: 0, out: '', err: '' };

describe('nothing is said where everything is there', () => {
  test.each<[string, string, Programs, NodeJS.ProcessEnv?]>([
    ['Node 20', 'node', NODE_20],
    ['Node 22', 'node', { ...NODE_20, node: 'v22.15.0' }],
    ['Node 24', 'node', { ...NODE_20, node: 'v24.21.0' }],
    ['Node 100', 'node', { ...NODE_20, node: 'v100.0.0' }],
    ['a Redis that was installed', 'demo', { ...NODE_20, ...JAVA_17, ...REDIS }],
    ['a Redis that apt-get brings', 'demo', { ...NODE_20, ...JAVA_17, ...APT, ...ROOT }],
    ['a Redis that sudo brings', 'demo', { ...NODE_20, ...JAVA_17, ...APT, sudo: '' }],
    ['Java 21', 'demo', { ...NODE_20, ...JAVA_17, ...REDIS, java: 'java version "21" 2023-09-19' }],
    ['Docker', 'demo', { ...NODE_20, ...DOCKER }],
    [
      'a Kafka and a Redis elsewhere',
      'demo',
      NODE_20,
      { KAFKA_BROKERS: 'kafka:9092', REDIS_URL: 'redis://redis:6379' },
    ],
    ['what tests need', 'test', { ...NODE_20, ...JAVA_17, ...REDIS, ...TOOLS }],
  ])('%s', (_, goal, programs, ...[env]) => {
    expect(preflight(goal, programs, env)).toEqual(NOTHING);
  });
});

describe('what is missing is named with the command that installs it', () => {
  test.each<[string, string, Programs, readonly string[]]>([
    [
      'no Node',
      'node',
      APT,
      ['Node.js 20 or newer, with npm', 'sudo apt-get install --yes nodejs npm'],
    ],
    ['no Node, as root', 'node', { ...APT, ...ROOT }, ['\n      apt-get install --yes nodejs npm']],
    ['no npm', 'node', { ...APT, node: 'v22.1.0' }, ['npm, beside Node.js v22.1.0', 'npm\n']],
    [
      'Node 18',
      'node',
      { ...NODE_20, node: 'v18.19.0' },
      ['this is v18.19.0', 'npm exec --yes --package node@24 -- make node'],
    ],
    ['a Node that does not run', 'node', { ...NODE_20, node: '' }, ['none that runs']],
    ['no Java', 'demo', { ...NODE_20, ...APT, ...ROOT }, ['default-jdk-headless', 'maven']],
    [
      'Java 8',
      'demo',
      { ...NODE_20, ...JAVA_17, ...REDIS, java: 'openjdk version "1.8.0_392"' },
      ['Java 17 or newer, for Kafka: this is 1.8.0_392'],
    ],
    ['no Maven', 'demo', { ...NODE_20, java: JAVA_17.java, ...REDIS, dnf: '' }, ['dnf install']],
    [
      'no Redis',
      'demo',
      { ...NODE_20, ...JAVA_17, brew: '' },
      ['redis-server', 'brew install redis'],
    ],
    [
      'no right to install Redis',
      'demo',
      { ...NODE_20, ...JAVA_17, ...APT },
      ['redis-server', 'sudo apt-get install --yes redis-tools'],
    ],
    [
      'neither Java nor Docker',
      'demo',
      { ...NODE_20, ...REDIS, apk: '' },
      ['sudo apk add openjdk17-jre-headless', 'a running Docker engine with Compose is enough'],
    ],
    [
      'Docker alone, for tests, which kill what they start',
      'test',
      { ...NODE_20, ...TOOLS, ...DOCKER, ...REDIS },
      ['Java 17', 'https://adoptium.net'],
    ],
    [
      'no tools',
      'test',
      { ...NODE_20, ...JAVA_17, ...REDIS, brew: '' },
      ['git', 'openssl', 'brew install chromium', 'promtool'],
    ],
    ['nothing at all', 'test', {}, ['Node.js 20', 'Java 17', 'Maven', 'redis-server', 'git']],
  ])('%s', (_, goal, programs, words) => {
    const { code, out, err } = preflight(goal, programs);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^This machine lacks:\n {2}- /);
    for (const word of words) expect(err).toContain(word);
    // A command below each.
    expect(err).not.toMatch(/^ {2}- .*\n(?! {6}\S)/m);
  });

  test('by make, before it downloads anything', () => {
    for (const name of ['Makefile', 'package.json', 'package-lock.json']) {
      cpSync(inRepository(name), join(folder, name));
    }
    const script = 'deploy/local/preflight.sh';
    mkdirSync(join(folder, dirname(script)), { recursive: true });
    cpSync(inRepository(script), join(folder, script));
    const downloaded = join(folder, 'downloaded');
    const programs = { ...NODE_20, node: 'v18.19.0', npm: `'; : > '${downloaded}` };
    const env = { ...has(programs), MAKEFLAGS: '', MAKELEVEL: '' };
    for (const [target, goal] of [
      ['demo', 'Java'],
      ['up', 'Java'],
      ['test', 'git'],
      ['check', 'Node.js 20'],
    ]) {
      const options = { cwd: folder, env, encoding: 'utf8' } as const;
      const { status, stderr } = spawnSync(findProgram('make') ?? 'make', [target ?? ''], options);
      expect([target, status]).toEqual([target, 2]);
      expect(stderr).toContain('this is v18.19.0');
      expect(stderr).toContain(`npm exec --yes --package node@24 -- make ${target}`);
      expect(stderr).toContain(goal);
    }
    expect(existsSync(downloaded)).toBe(false);
  });
});
