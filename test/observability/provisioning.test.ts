import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { prometheusPrograms, writePrometheusConfiguration } from '#local/prometheus.ts';

const run = promisify(execFile);
const DEPLOY = join(import.meta.dirname, '../../deploy');
const read = <T>(path: string): T =>
  parse(readFileSync(join(DEPLOY, path), 'utf8'), { merge: true }) as T;

interface Service {
  readonly image: string;
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const compose = read<{ services: Record<string, Service>; volumes: Record<string, null> }>(
  'compose.yaml',
);
const { grafana, prometheus } = compose.services;
const scraped = read<{
  global: { scrape_interval: string; external_labels: Record<string, string> };
  scrape_configs: { job_name: string }[];
}>('prometheus/prometheus.yaml');

/** Where a container finds what lies here. */
function mountsOf({ volumes = [] }: Service): Map<string, string> {
  return new Map(volumes.map((volume) => [volume.split(':')[1] ?? '', volume.split(':')[0] ?? '']));
}

/** The file here that a container finds at a path. */
function fileAt(service: Service | undefined, path: string): string {
  const mounts = service === undefined ? [] : [...mountsOf(service)];
  const [to = '', from = ''] = mounts.find(([target]) => path.startsWith(target)) ?? [];
  return join(DEPLOY, from, path.slice(to.length));
}

test.each(Object.entries(compose.services))('%s is pinned and finds its files', (_, service) => {
  expect(service.image).toMatch(/:v?\d+\.\d+/);
  for (const from of mountsOf(service).values()) {
    const known = from.startsWith('.') ? existsSync(join(DEPLOY, from)) : from in compose.volumes;
    expect([from, known]).toEqual([from, true]);
  }
});

test('Grafana is given one data source that scrapes as often as it believes', () => {
  const { datasources } = read<{
    datasources: { uid: string; url: string; jsonData: { timeInterval: string } }[];
  }>('grafana/provisioning/datasources/prometheus.yaml');
  expect(datasources).toHaveLength(1);
  expect(datasources[0]).toMatchObject({ uid: 'capi-prometheus', url: '$PROMETHEUS_URL' });
  expect(datasources[0]?.jsonData.timeInterval).toBe(scraped.global.scrape_interval);
  expect(grafana?.environment?.['PROMETHEUS_URL']).toContain('http://prometheus:9090');
});

test('Grafana is given every dashboard, cannot change them, and begins with the overview', () => {
  const { providers } = read<{
    providers: { allowUiUpdates: boolean; disableDeletion: boolean; options: { path: string } }[];
  }>('grafana/provisioning/dashboards/capi-relay.yaml');
  expect(providers).toMatchObject([{ allowUiUpdates: false, disableDeletion: true }]);
  const given = readdirSync(fileAt(grafana, providers[0]?.options.path ?? ''));
  expect(given.sort()).toEqual(readdirSync(join(DEPLOY, 'grafana/dashboards/json')).sort());
  const home = grafana?.environment?.['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
  expect(existsSync(fileAt(grafana, home))).toBe(true);
  expect(grafana?.environment?.['GF_AUTH_ANONYMOUS_ORG_ROLE']).toBe('Viewer');
});

test('the alerts find their dashboards where Grafana is', () => {
  expect(scraped.global.external_labels).toEqual({
    grafana: 'http://localhost:3000',
    runbooks: 'docs/runbooks.md',
  });
  expect(scraped.scrape_configs.every(({ job_name }) => job_name.startsWith('capi-'))).toBe(true);
  for (const name of ['prometheus.yaml', 'compose.yaml']) {
    expect(existsSync(fileAt(prometheus, `/etc/prometheus/${name}`))).toBe(true);
  }
});

test('promtool takes the configurations for compose, for this machine and of make up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-prometheus-'));
  try {
    const target = { name: 'worker-1', url: 'http://127.0.0.1:9102' };
    const local = await writePrometheusConfiguration(folder, [target]);
    const { promtool } = await prometheusPrograms((line) => process.stderr.write(`${line}\n`));
    // It looks for the token, which only the containers have.
    const text = await readFile(join(DEPLOY, 'prometheus/compose.yaml'), 'utf8');
    const compose = join(folder, 'compose.yaml');
    const rules = join(DEPLOY, 'prometheus/rules');
    await writeFile(
      compose,
      text.replaceAll(/\/run\/\S+(?= \})/g, local).replace('rules/', `${rules}/`),
    );
    for (const file of [join(DEPLOY, 'prometheus/prometheus.yaml'), compose, local]) {
      const { stdout } = await run(promtool, ['check', 'config', '--lint=all', file]);
      expect(stdout).toContain('2 rule files found');
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
