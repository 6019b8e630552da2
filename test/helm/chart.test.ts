import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse, stringify } from 'yaml';
import { loadConfiguration } from '#config/load.ts';
import { fileSchema } from '#config/schema/configuration-file.ts';
import { METRICS } from '#docs/metrics.ts';
import { changesForRestart } from '#process/follow-configuration.ts';
import { expressionFaults } from '#test/observability/expression-faults.ts';
import { declaredName, knownMetrics } from '#test/observability/known-metrics.ts';
import { RULES_FOLDER } from '#test/observability/rule-files.ts';
import { inRepository } from '#test/support/in-repository.ts';
import {
  CHART,
  leavesOf,
  namedTemplate,
  PROCESSES,
  readChartFile,
  readMapping,
  TEMPLATES,
  VALUE_SETS,
} from './chart-files.ts';

const SECRETS = '/run/secrets/capi-relay';
const chart = readMapping('Chart.yaml');
const values = readMapping('values.yaml');
const fits = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false }).compile(
  JSON.parse(readChartFile('values.schema.json')),
);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capi-relay-chart-'));
  const key = Buffer.alloc(32, 7).toString('base64');
  for (const name of ['sealing-key', 'access-token', 'metrics-token']) {
    writeFileSync(join(folder, name), key);
  }
  for (const name of ['kafka-password', 'redis-password', 'control-ada']) {
    writeFileSync(join(folder, name), 'correct horse battery staple');
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The configuration of a value set as the program reads it, with secrets in a folder of the test. */
function configurationOf(set: Readonly<Record<string, unknown>>) {
  const text = stringify(set['configuration']).replaceAll(SECRETS, folder);
  const file = join(folder, 'capi-relay.yaml');
  writeFileSync(file, text);
  const env = {
    CAPI_RELAY_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
    CAPI_RELAY_ACCESS_TOKEN: 'token',
    REDIS_ADDRESS: 'redis://redis:6379',
  };
  return loadConfiguration(file, env);
}

/** A configuration with every default. */
const smallest = () => configurationOf(VALUE_SETS.get('smallest') ?? {});

describe('the values', () => {
  test('of the chart and of every set fit their schema', () => {
    expect([fits(values), fits.errors]).toEqual([true, null]);
    for (const [name, set] of VALUE_SETS)
      expect([name, fits(set), fits.errors]).toEqual([name, true, null]);
  });

  test.each([
    ['a misnamed section', { ingress: {} }],
    ['a misnamed key', { worker: { replica: 3 } }],
    ['no replicas at all', { ingest: { replicas: 0 } }],
    ['a digest that is none', { image: { digest: 'latest' } }],
    ['a secret that is no file name', { secrets: { create: { '../token': 'x' } } }],
    ['a name that objects have', { control: { constructor: {} } }],
  ])('with %s are refused', (_, wrong) => {
    expect(fits(wrong)).toBe(false);
  });

  test('are all used by a template', () => {
    const text = [...TEMPLATES.values()].join('\n');
    // What is copied as a whole, or read by its name.
    const copied =
      /(^|\.)(requests|limits|rollingUpdate|ipBlock)(\.|$)|strategy|nodeSelector|tolerations|affinity/;
    const used = (path: string): boolean => text.includes(`.${path.split('.').at(-1)}`);
    const named = leavesOf(values).filter((path) => !copied.test(path));
    expect(named.length).toBeGreaterThan(50);
    const unused = named.filter((path) => !used(path) && !used(path.replace(/\.[^.]+$/, '')));
    expect(unused).toEqual([]);
  });

  test.each([...VALUE_SETS])(
    '%s holds a configuration that the program accepts',
    async (_, set) => {
      await expect(configurationOf(set)).resolves.toHaveProperty('pixels');
    },
  );
});

describe('the chart knows of the program', () => {
  test('its release', () => {
    const { version } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
    expect(chart['appVersion']).toBe(version);
    expect(chart['version']).toBe(version);
  });

  test('what it does by default', async () => {
    const { ingest, worker, control, kafka } = await smallest();
    expect(parse(namedTemplate('capi-relay.defaults'))).toEqual({
      ports: { ingest: ingest.port, worker: worker.port, control: control.port },
      stopTimeoutMs: worker.stopTimeoutMs,
      metricsLingerMs: worker.metricsLingerMs,
      controlHost: control.host,
      groupId: kafka.groupId,
    });
    expect(ingest).toMatchObject({ stopTimeoutMs: worker.stopTimeoutMs });
    expect(control).toMatchObject({ stopTimeoutMs: worker.stopTimeoutMs });
  });

  test('every key of the configuration that it reads', () => {
    const text = [...TEMPLATES.values()].join('\n');
    const sections = Object.keys(fileSchema.shape);
    const read = [
      ...text.matchAll(/\.configuration\.(\w+)(?:\.(\w+))?/g),
      ...text.matchAll(/dig "(control)" "(\w+)"/g),
    ];
    expect(read.length).toBeGreaterThan(4);
    for (const [, section = '', key] of read) {
      expect(sections).toContain(section);
      if (key !== undefined) expect(keysOf(section)).toContain(key);
    }
    const named = /range \$key := list ([^}]+)\}/.exec(namedTemplate('capi-relay.configuration'));
    const issues = fileSchema.safeParse({}).error?.issues ?? [];
    // Of Redis, one of several keys is required, which the schema of a section cannot say.
    const required = new Set(['"redis"', ...issues.map(({ path }) => `"${String(path[0])}"`)]);
    expect(named?.[1]?.trim().split(' ').sort()).toEqual([...required].sort());
  });

  test('which changes a running process applies by itself', async () => {
    const before = await smallest();
    const omitted = /omit .* "pixels" "log"/.test(namedTemplate('capi-relay.readAtStart'));
    expect(omitted).toBe(true);
    const after = { ...before, pixels: [], log: { level: 'debug', format: 'json' } as const };
    expect(changesForRestart(before, after)).toEqual([]);
  });

  test('its metrics: the query of the worker asks for what is declared', async () => {
    const query = namedTemplate('capi-relay.waitingQuery')
      .replace(/^\{\{- \$here.*\n/, '')
      .replaceAll(/\{ \{\{- \$here -\}\} ,/g, '{job=~"capi-.+",')
      .replaceAll(/\{ \{\{- \$here -\}\} \}/g, '{job=~"capi-.+"}')
      .replace('{{ .Values.worker.autoscaling.holdAtUsage }}', '0.75');
    expect(query).not.toContain('{{');
    expect(expressionFaults(query, await knownMetrics())).toEqual([]);
    expect(query.match(/capi_\w+/g)).toHaveLength(5);
  });

  test('its metrics: nothing else is named', () => {
    const declared = Object.values(METRICS).map(({ name }) => name);
    const named = [...TEMPLATES.values(), readChartFile('values.yaml')].flatMap(
      (text) => text.match(/\bcapi_[a-z_]+/g) ?? [],
    );
    expect(named.filter((name) => !declared.some((each) => each === declaredName(name)))).toEqual(
      [],
    );
  });

  test('its paths and its command', () => {
    const server = readFileSync(inRepository('packages/process/admin-server.ts'), 'utf8');
    const deployments = TEMPLATES.get('deployments.yaml') ?? '';
    const probed = [...deployments.matchAll(/probe" \(list \$ \$name "(.+?)"\)/g)].map(
      ([, path]) => path,
    );
    expect(probed).toEqual(['/livez', '/readyz']);
    for (const path of [...probed, '/metrics']) expect(server).toContain(`'${path}'`);
    const launcher = readFileSync(inRepository('services/cli/capi-relay.mjs'), 'utf8');
    for (const name of PROCESSES) {
      expect(existsSync(inRepository(`services/${name}/main.ts`))).toBe(true);
    }
    for (const name of ['NODE_COMPILE_CACHE', 'CAPI_RELAY_CONFIG']) {
      expect(deployments).toContain(name);
      expect(launcher).toContain(name);
    }
  });

  test('the rules and the dashboards themselves, not copies of them', () => {
    const inChart = (path: string): string[] => readdirSync(join(CHART, path)).sort();
    expect(inChart('files/rules')).toEqual(readdirSync(RULES_FOLDER).sort());
    const dashboards = inRepository('deploy/grafana/dashboards/json');
    expect(inChart('files/dashboards')).toEqual(readdirSync(dashboards).sort());
    for (const name of ['recording', 'alerts']) {
      expect(existsSync(join(CHART, `files/rules/${name}.yaml`))).toBe(true);
    }
  });
});

/** The keys of a section of the configuration. */
function keysOf(section: string): string[] {
  const { properties } = JSON.parse(
    readFileSync(inRepository('docs/capi-relay.schema.json'), 'utf8'),
  );
  return Object.keys(properties[section]?.properties ?? {});
}
