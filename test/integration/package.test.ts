import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createKafka } from '#kafka/client.ts';
import { createBatchProducer } from '#kafka/producer.ts';
import { imbalance } from '#store/status/ledger.ts';
import { Fleet } from '#test/support/fleet.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { installPackage } from '#test/support/installed-package.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';
import { createTraffic } from '#test/support/traffic.ts';

/** The pinned Node, and every other one whose path the environment names. */
const NODES = [process.execPath, ...(process.env['PACKAGE_NODES'] ?? '').split(':')].filter(
  (node) => node !== '',
);
const MESSAGES = 300;

let folder = '';
let installed = '';
const fleets: Fleet[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-package-'));
  installed = await installPackage(folder);
});
afterAll(async () => {
  for (const fleet of fleets) await fleet.stop();
  await rm(folder, { recursive: true, force: true });
});

const launcher = (): string => join(installed, 'services/cli/capi-relay.mjs');

async function capiRelay(node: string, args: readonly string[], input = '') {
  const env = { PATH: '/usr/bin:/bin' };
  const child = spawn(node, [launcher(), ...args], { cwd: folder, env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString('utf8');
  });
  child.stderr.on('data', (bytes: Buffer) => {
    err += bytes.toString('utf8');
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, out, err };
}

/** Without its native module, no event that is compressed with LZ4 is passed over, and the log says why. */
async function stopsAtLz4(fleet: Fleet, node: string): Promise<void> {
  const ingest = fleet.processes.find(({ name }) => name.startsWith('ingest'));
  const [broker = ''] = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
  const kafka = createKafka({ brokers: [broker], clientId: 'lz4', ssl: false, sasl: null });
  const producer = await createBatchProducer(kafka, { topic: fleet.topic, compression: 'lz4' });
  await producer.send(createTraffic('lz4', 10).messages);
  await producer.disconnect();
  expect(await ingest?.exited).toBe(1);
  expect(ingest?.log()).toContain('the codec LZ4 is not available: the module lz4-napi cannot');
  await settled(fleet, MESSAGES);
  const args = ['produce', '--count', '1', '--compression', 'lz4', '--topic', fleet.topic];
  const produced = await capiRelay(node, [...args, '--config', fleet.configuration]);
  expect(produced).toMatchObject({ code: 1, out: '' });
  expect(produced.err).toMatch(
    /^error: the codec LZ4 is not available.*npm install --include=optional/m,
  );
}

describe('the package', () => {
  test('contains neither sources nor tests, and no one can publish it by mistake', async () => {
    const own = (await readdir(installed, { recursive: true })).filter(
      (name) => !name.startsWith('node_modules'),
    );
    expect(own.filter((name) => /(?<!\.d)\.ts$|(^|\/)test(\/|$)/.test(name))).toEqual([]);
    const compiled = own.filter((name) => name.endsWith('.js') && !name.includes('/assets/'));
    expect(compiled.length).toBeGreaterThan(400);
    expect(compiled.filter((name) => !own.includes(`${name}.map`))).toEqual([]);
    const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ private: true, exports: { '.': expect.anything() } });
    expect(manifest).not.toHaveProperty('devDependencies');
    expect(manifest).not.toHaveProperty('dependencies.node');
    for (const { types, default: target } of Object.values<Record<string, string>>(
      manifest.imports,
    )) {
      expect([types, target].join()).toMatch(/^\.\/[a-z/]+\*\.d\.ts,\.\/[a-z/]+\*\.js$/);
      expect(existsSync(join(installed, (target ?? '').replace('*.js', '')))).toBe(true);
    }
  });

  test('has a lock without what only development needs', async () => {
    const lock = JSON.parse(await readFile(join(installed, 'npm-shrinkwrap.json'), 'utf8'));
    const places = Object.keys(lock.packages);
    for (const name of ['node', 'typescript', 'jest', '@biomejs/biome', '@swc/core']) {
      expect(places).not.toContain(`node_modules/${name}`);
    }
    for (const name of Object.keys(lock.packages[''].dependencies)) {
      expect(places).toContain(`node_modules/${name}`);
    }
  });

  test('has types of the configuration', async () => {
    const consumer = join(installed, '../..', 'consumer.ts');
    const kafka = "kafka: { brokers: ['k:9092'], topics: ['t'] }, redis: { url: 'redis://r' }";
    const rest = "sealing: 'off', pixels: [{ pixelId: '1', accessToken: 't' }]";
    const check = async (text: string): Promise<string> => {
      const head = "import type { WrittenConfiguration } from 'capi-relay';\n";
      await writeFile(consumer, `${head}export const c: WrittenConfiguration = { ${text} };\n`);
      const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext'];
      const tsc = inRepository('node_modules/.bin/tsc');
      return new Promise((resolve) => {
        execFile(tsc, [...flags, consumer], { cwd: folder }, (_, out) => resolve(out));
      });
    };
    expect(await check(`${kafka}, ${rest}`)).toBe('');
    expect(await check(`${kafka}, ${rest}, pixles: []`)).toContain("'pixles' does not exist");
  });
});

describe.each(NODES)('on %s', (node) => {
  test('every command answers --help, with the release of the package', async () => {
    const { out } = await capiRelay(node, ['--help']);
    const commands = [...out.matchAll(/^ {2}([a-z-]+) {2,}/gm)].map(([, name = '']) => name);
    expect(commands).toContain('ingest');
    const answers = [];
    // One after the other: each finds in the cache what those before it have compiled.
    for (const name of commands) {
      const { code, out: help } = await capiRelay(node, [name, '--help']);
      const usage = help.startsWith(`Usage: capi-relay ${name} [options]`);
      answers.push({ name, code, usage });
    }
    expect(answers).toEqual(commands.map((name) => ({ name, code: 0, usage: true })));
    const { version } = JSON.parse(await readFile(inRepository('package.json'), 'utf8'));
    expect((await capiRelay(node, ['--version'])).out).toBe(`${version}\n`);
  });

  test('events are previewed and produced', async () => {
    const produced = await capiRelay(node, ['produce', '--dry-run', '--count', '3']);
    expect(produced).toMatchObject({ code: 0 });
    expect(produced.out.trim().split('\n')).toHaveLength(3);
    const preview = await capiRelay(node, ['preview'], JSON.stringify(trackEvent()));
    expect(preview).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(preview.out)).toMatchObject({ outcome: 'deliver' });
  });

  test('check, sandbox, ingest and worker do their work, and the ledger balances', async () => {
    const fleet = await Fleet.prepare({
      brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
      redisUrl: process.env['TEST_REDIS_URL'] ?? '',
      runs: (entry) => ({ command: node, args: [launcher(), entry.split('/')[0] ?? ''] }),
    });
    fleets.push(fleet);
    const services = ['ingest', 'worker', 'control'] as const;
    const [, , control] = await Promise.all(services.map((service) => fleet.start(service)));
    const traffic = createTraffic('package', MESSAGES, 0.03);
    await fleet.send(traffic.messages);
    await settled(fleet, MESSAGES);
    expect(new Set((await fleet.accepted()).keys())).toEqual(traffic.good);
    for (const ledger of (await fleet.ledgers()).values()) expect(imbalance(ledger)).toBe(0);
    const check = await capiRelay(node, ['check', '--config', fleet.configuration]);
    expect({ code: check.code, err: check.err }).toEqual({ code: 0, err: '' });
    const page = await (await fetch(control?.url ?? '')).text();
    const [style = ''] = /\/assets\/[\w/.-]+\.css/.exec(page) ?? [];
    expect((await fetch(`${control?.url}${style}`)).status).toBe(200);
    await stopsAtLz4(fleet, node);
    // An ingest that cannot read them fails, so that another one may.
    const codes = await fleets.splice(fleets.indexOf(fleet), 1)[0]?.stop();
    expect(codes?.sort()).toEqual([0, 0, 1]);
  });
});
