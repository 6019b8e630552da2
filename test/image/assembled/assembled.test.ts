import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installedProgram } from '#local/system-package.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { type Assembled, assembleImage } from './assemble.ts';
import { startContainer } from './container.ts';

/** Everything that it connects to is away: it has a network of its own. */
const CONFIGURATION = `
kafka: { brokers: ['127.0.0.1:9092'], topics: [track-events] }
redis: { url: 'redis://127.0.0.1:6379' }
sealing: off
pixels: [{ pixelId: '1234567890', accessToken: token }]
`;

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

let folder = '';
let configuration = '';
let bwrap = '';
let image: Assembled;
beforeAll(async () => {
  const wanted = { name: 'bubblewrap', purpose: 'containers without an engine' };
  bwrap = await installedProgram(['bwrap'], wanted, (line) => process.stderr.write(`${line}\n`));
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-image-'));
  configuration = join(folder, 'configuration');
  await mkdir(configuration);
  await writeFile(join(configuration, 'capi-relay.yaml'), CONFIGURATION);
  await chmod(configuration, 0o755);
  image = await assembleImage(folder, bwrap, { REVISION: COMMIT });
}, 900_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const start = (...args: string[]) => startContainer(bwrap, image, configuration, args);

/** What a script prints in a container; the script runs as process 1. */
async function printed(script: string): Promise<string> {
  const node = ['node', '--input-type=module', '--eval', script];
  const container = await startContainer(bwrap, image, configuration, [], node);
  await container.exited;
  return container.output();
}

test('it says its release and its commit', async () => {
  const { version } = JSON.parse(await readFile(inRepository('package.json'), 'utf8'));
  const container = await start('version', '--json');
  expect(await container.exited).toBe(0);
  expect(JSON.parse(container.output())).toMatchObject({ release: version, commit: COMMIT });
});

test('it lists every package that is in it, and none that is not', async () => {
  const sbom = JSON.parse(await readFile(join(image.root, 'app/sbom.cdx.json'), 'utf8'));
  expect(sbom.bomFormat).toBe('CycloneDX');
  expect(sbom.metadata.component['bom-ref']).toMatch(/^capi-relay@/);
  const listed: { name: string; version: string; purl: string }[] = sbom.components;
  const lock = JSON.parse(await readFile(join(image.root, 'app/npm-shrinkwrap.json'), 'utf8'));
  const direct: Record<string, string> = lock.packages[''].dependencies;
  for (const [name, version] of Object.entries(direct)) {
    expect(listed).toContainEqual(expect.objectContaining({ name, version }));
  }
  expect(listed.filter(({ name }) => ['jest', 'typescript', 'node'].includes(name))).toEqual([]);
});

test('it is not root, has no rights, and writes nowhere but to its temporary folder', async () => {
  const output = await printed(`
    import { readFileSync, writeFileSync } from 'node:fs';
    const tried = (path) => { try { writeFileSync(path, 'x'); return 'written'; } catch ({ code }) { return code; } };
    const [, capabilities] = /CapEff:\\s*(\\S+)/.exec(readFileSync('/proc/self/status', 'utf8'));
    const paths = ['/app/x', '/x', '/etc/capi-relay/x', '/app/node_modules/x', '/tmp/x'];
    console.log(JSON.stringify([process.pid, process.getuid(), capabilities, paths.map(tried)]));
  `);
  const refused = ['EROFS', 'EROFS', 'EROFS', 'EROFS'];
  expect(JSON.parse(output)).toEqual([1, 1000, '0000000000000000', [...refused, 'written']]);
});

describe.each(['ingest', 'worker', 'control'])('%s', (service) => {
  test('is healthy while it waits for its servers, and stops on SIGTERM as process 1', async () => {
    const container = await start(service);
    try {
      while (!container.output().includes('"msg":"listening"')) {
        await Promise.race([
          sleep(50),
          container.exited.then(() => Promise.reject(container.output())),
        ]);
      }
      await expect(container.exec(['node', '/app/healthcheck.mjs'])).resolves.toBe('');
      const elsewhere = container.exec(['node', '/app/healthcheck.mjs'], { HEALTH_PORT: '1' });
      await expect(elsewhere).rejects.toThrow(`${service} is not alive: fetch failed`);
      const compiled = await container.exec(['ls', '/tmp']);
      expect(compiled).toContain('compiled');
      container.signal('SIGTERM');
      expect(await container.exited).toBe(0);
      expect(container.output()).toContain('"msg":"stopped"');
    } finally {
      container.end();
    }
  });
});

test('a wrong configuration is named, with exit code 2', async () => {
  const wrong = join(folder, 'wrong');
  await mkdir(wrong);
  await writeFile(join(wrong, 'capi-relay.yaml'), `${CONFIGURATION}\nworkers: {}\n`);
  const container = await startContainer(bwrap, image, wrong, ['worker']);
  expect(await container.exited).toBe(2);
  expect(container.output()).toContain('workers');
});
