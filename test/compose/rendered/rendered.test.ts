import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { COMPOSE } from '#test/compose/compose-file.ts';
import { inRepository } from '#test/support/in-repository.ts';

const run = promisify(execFile);
const CLIENT = process.env['TEST_COMPOSE'] ?? 'docker-compose';
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capi-relay-compose-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the client makes of the file in the root of the checkout. */
function render(env: NodeJS.ProcessEnv = {}): string {
  const options = { cwd: inRepository('.'), env: { PATH: process.env['PATH'], ...env } } as const;
  return execFileSync(CLIENT, ['config', '--format', 'json'], { ...options, encoding: 'utf8' });
}

test('the client takes the file in the root, with all services and no warning', () => {
  const { services, name } = JSON.parse(render());
  expect(name).toBe('capi-relay');
  expect(Object.keys(services).toSorted()).toEqual(Object.keys(COMPOSE.services).toSorted());
  const quiet = execFileSync(CLIENT, ['config', '--quiet'], {
    cwd: inRepository('.'),
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(String(quiet)).toBe('');
});

test('variables move ports, and choose what Prometheus watches', () => {
  const moved = { CONTROL_PORT: '19103', PROMETHEUS_CONFIG: 'prometheus.yaml' };
  const { services } = JSON.parse(render(moved));
  expect(services.control.ports).toMatchObject([
    { host_ip: '127.0.0.1', target: 9103, published: '19103' },
  ]);
  expect(services.prometheus.command).toContain('--config.file=/etc/prometheus/prometheus.yaml');
});

/** In namespaces of its own, so that names, ports and folders are those of the containers. */
test('the commands of all services run, are healthy, deliver events, and stop in order', async () => {
  const file = join(folder, 'rendered.json');
  writeFileSync(file, render());
  const scenario = inRepository('test/compose/rendered/run-natively.ts');
  const inside = ['--net', '--mount', '--propagation', 'private', process.execPath, scenario];
  const { stdout } = await run('unshare', [...inside, file, folder], { maxBuffer: 1024 ** 3 });
  expect(JSON.parse(stdout)).toEqual({
    accepted: expect.any(Number),
    expected: expect.any(Number),
    targets: ['up', 'up', 'up', 'up'],
    withoutPassword: 401,
    withPassword: 200,
    exits: { sandbox: 0, ingest: 0, 'worker-1': 0, 'worker-2': 0, control: 0 },
  });
  const { accepted, expected } = JSON.parse(stdout);
  expect(accepted).toBe(expected);
  expect(accepted).toBeGreaterThan(0);
});
