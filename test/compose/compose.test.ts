import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { loadConfiguration } from '#config/load.ts';
import { sandboxCommand } from '#sandbox/flags.ts';
import { optionsOf } from '#sandbox/options.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { COMPOSE, PROCESSES, SECRETS, serviceNamed } from './compose-file.ts';

const services = Object.entries(COMPOSE.services);
const ours = services.filter(([, { image }]) => image.startsWith('capi-relay:'));
let folder = '';

/** Runs what the service "secrets" runs, in folders of the test. */
function prepare(): string {
  const { entrypoint = [], command = [] } = serviceNamed('secrets');
  expect(entrypoint).toEqual(['node', '/etc/capi-relay/prepare.mjs']);
  expect(command).toEqual([SECRETS, '/var/lib/capi-relay']);
  const script = inRepository('deploy/compose/prepare.mjs');
  const args = [script, join(folder, 'secrets'), join(folder, 'backups')];
  return execFileSync(process.execPath, args, { encoding: 'utf8' });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capi-relay-compose-'));
  execFileSync('mkdir', [join(folder, 'secrets'), join(folder, 'backups')]);
  prepare();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The configuration of a service, with secrets in a folder of the test. */
function configurationOf(name: string) {
  const text = readFileSync(inRepository('deploy/compose/capi-relay.yaml'), 'utf8');
  const file = join(folder, 'capi-relay.yaml');
  writeFileSync(file, text.replaceAll(SECRETS, join(folder, 'secrets')));
  return loadConfiguration(file, serviceNamed(name).environment ?? {});
}

describe('secrets', () => {
  test('are made once, each another value, and can be read by every process', () => {
    const read = (): string[] =>
      readdirSync(join(folder, 'secrets')).map((name) =>
        readFileSync(join(folder, 'secrets', name), 'utf8'),
      );
    const made = read();
    expect(new Set(made).size).toBe(3);
    for (const value of made) expect(value.length).toBeGreaterThanOrEqual(24);
    expect(prepare()).toBe('');
    expect(read()).toEqual(made);
    for (const name of readdirSync(join(folder, 'secrets'))) {
      expect(statSync(join(folder, 'secrets', name)).mode & 0o777).toBe(0o444);
    }
    expect(statSync(join(folder, 'backups')).mode & 0o1777).toBe(0o1777);
  });

  test('are a volume that lives as long as that of Redis, which only readers of it get', () => {
    const writers = services
      .filter(([, { volumes = [] }]) => volumes.includes(`secrets:${SECRETS}`))
      .map(([name]) => name);
    expect(writers).toEqual(['secrets']);
    expect(Object.keys(COMPOSE.volumes)).toEqual(expect.arrayContaining(['secrets', 'redis']));
  });
});

describe('each process of capi-relay', () => {
  const commands = Object.values(
    JSON.parse(readFileSync(inRepository('services/cli/commands.json'), 'utf8')),
  ).flatMap((group) => Object.keys(group as object));

  test('is one of them, and runs a command of ours', () => {
    expect(ours.map(([name]) => name).toSorted()).toEqual([...PROCESSES, 'secrets'].toSorted());
    for (const name of PROCESSES) expect(commands).toContain(serviceNamed(name).command?.[0]);
  });

  test.each(PROCESSES.filter((name) => name !== 'sandbox'))(
    '%s has a configuration that is valid, and is asked where it listens',
    async (name) => {
      const { command = [], environment = {}, stop_grace_period: grace = '' } = serviceNamed(name);
      const [service = ''] = command;
      const configuration = await configurationOf(name);
      const section = configuration[service as 'ingest' | 'worker' | 'control'];
      expect(Number(environment['HEALTH_PORT'])).toBe(section.port);
      const lingers = 'metricsLingerMs' in section ? section.metricsLingerMs : 0;
      const stops = section.stopTimeoutMs + lingers;
      expect(Number.parseInt(grace, 10) * 1000).toBeGreaterThan(stops);
    },
  );

  test('is confined, and built here rather than pulled', () => {
    for (const [name, service] of ours) {
      expect([name, service]).toMatchObject([
        name,
        {
          ...{ read_only: true, cap_drop: ['ALL'], pull_policy: 'build' },
          ...{ security_opt: ['no-new-privileges:true'] },
          user: name === 'secrets' ? '0:0' : '1000:1000',
        },
      ]);
    }
  });

  test('workers use different ports of one network, and the sandbox there is Meta', async () => {
    const workers = ['worker-1', 'worker-2'];
    expect(workers.map((name) => serviceNamed(name).network_mode)).toEqual([
      'service:sandbox',
      'service:sandbox',
    ]);
    const [one, two] = await Promise.all(workers.map(configurationOf));
    expect(one?.worker.port).not.toBe(two?.worker.port);
    const [, ...args] = serviceNamed('sandbox').command ?? [];
    const flags = sandboxCommand().parse(args, { from: 'user' }).opts();
    const { port, pixels, host } = optionsOf(flags);
    expect(one?.graphApi.url).toBe(`http://127.0.0.1:${port}`);
    expect(Number(serviceNamed('sandbox').environment?.['HEALTH_PORT'])).toBe(port);
    expect(host).toBe('0.0.0.0');
    for (const pixel of one?.pixels ?? []) {
      expect(pixels?.get(pixel.pixelId)).toEqual(new Set([pixel.accessToken]));
    }
  });

  test('finds Kafka, its topic and Redis', async () => {
    const { kafka, redis } = await configurationOf('ingest');
    expect(kafka.brokers).toEqual(['kafka:9093']);
    const { environment = {} } = serviceNamed('kafka');
    expect(environment['KAFKA_ADVERTISED_LISTENERS']).toContain('PLAINTEXT://kafka:9093');
    const topics = serviceNamed('topics').command ?? [];
    expect(topics[topics.indexOf('--bootstrap-server') + 1]).toBe('kafka:9093');
    expect(kafka.topics).toEqual([topics[topics.indexOf('--topic') + 1]]);
    expect(redis.url).toBe('redis://redis:6379');
    const words = serviceNamed('redis').command ?? [];
    expect(words.join(' ')).toContain('--appendonly yes');
    expect(words.join(' ')).toContain('--maxmemory-policy noeviction');
  });
});

describe('every service', () => {
  test('is waited for by those that need it, and what ends is needed by one that stays', () => {
    for (const name of PROCESSES.filter((each) => each !== 'sandbox')) {
      const needed = Object.entries(serviceNamed(name).depends_on ?? {});
      expect(needed).toEqual(
        expect.arrayContaining([
          ['kafka', { condition: 'service_healthy' }],
          ['redis', { condition: 'service_healthy' }],
          ['topics', { condition: 'service_completed_successfully' }],
          ['secrets', { condition: 'service_completed_successfully' }],
        ]),
      );
    }
    // `up --wait` takes the end of any other for a failure: https://github.com/docker/compose/pull/9572
    const waited = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on));
    const ending = new Set(
      waited
        .filter(([, { condition }]) => condition === 'service_completed_successfully')
        .map(([name]) => name),
    );
    const staying = services.filter(([name]) => !ending.has(name));
    expect([...ending].toSorted()).toEqual(['secrets', 'topics']);
    for (const [name, { healthcheck }] of staying) {
      expect([name, healthcheck?.test?.[0]]).toEqual([name, 'CMD']);
    }
  });

  test('can be reached from this machine alone', () => {
    for (const port of services.flatMap(([, { ports = [] }]) => ports)) {
      expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z]+_PORT:-(\d+)\}:\1$/);
    }
  });

  test('is scraped by Prometheus where it listens', async () => {
    const { scrape_configs } = parse(
      readFileSync(inRepository('deploy/prometheus/compose.yaml'), 'utf8'),
    ) as {
      scrape_configs: {
        job_name: string;
        static_configs: { targets: string[] }[];
        authorization: { credentials_file: string };
      }[];
    };
    const expected = PROCESSES.filter((name) => name !== 'sandbox').map((name) => {
      const { command = [], network_mode: mode, environment = {} } = serviceNamed(name);
      const host = mode === undefined ? name : mode.replace('service:', '');
      return [`capi-${command[0]}`, `${host}:${environment['HEALTH_PORT']}`];
    });
    const found = scrape_configs.flatMap(({ job_name, static_configs }) =>
      static_configs.flatMap(({ targets }) => targets.map((target) => [job_name, target])),
    );
    expect(found.toSorted()).toEqual(expected.toSorted());
    const { metrics } = await configurationOf('control');
    const token = `${SECRETS}/metrics-token`;
    expect(scrape_configs.map((each) => each.authorization.credentials_file)).toEqual(
      scrape_configs.map(() => token),
    );
    expect(metrics.token).toBe(readFileSync(join(folder, 'secrets/metrics-token'), 'utf8'));
    expect(serviceNamed('prometheus').volumes).toContain(`secrets:${SECRETS}:ro`);
  });
});

test('the file in the root of the checkout has all of it', () => {
  expect(parse(readFileSync(inRepository('compose.yaml'), 'utf8'))).toEqual({
    // As that of deploy/compose.yaml, so that both commands mean the same containers and volumes.
    name: COMPOSE.name,
    include: ['deploy/compose.yaml'],
  });
});
