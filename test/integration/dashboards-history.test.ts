import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DASHBOARDS, OVERVIEW } from '#grafana/dashboards/catalogue.ts';
import { writeHistory } from '#grafana/history/history.ts';
import type { Chosen } from '#grafana/query-prometheus.ts';
import { freePort } from '#local/ports.ts';
import { type LocalPrometheus, prometheusPrograms, startPrometheus } from '#local/prometheus.ts';
import { asWritten } from '#test/observability/dashboard-model.ts';
import { emptyQueries } from '#test/observability/empty-queries.ts';
import { inTarget } from '#test/observability/spoiling.ts';

const HOURS = 6;
const STEP = 60;

let folder: string;
let prometheus: LocalPrometheus;
const end = Math.floor(Date.now() / 1000);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-history-'));
  const { promtool } = await prometheusPrograms(say);
  const history = { end, hours: HOURS, step: STEP, fleet: { ingest: 1, worker: 2, control: 1 } };
  await writeHistory(history, join(folder, 'data'), promtool);
  const configuration = join(folder, 'prometheus.yml');
  await writeFile(configuration, 'scrape_configs: []\n');
  prometheus = await startPrometheus({ folder, port: await freePort(), configuration }, say);
});
afterAll(async () => {
  await prometheus.stop();
  await rm(folder, { recursive: true, force: true });
});

function chosen(pixel: string): Chosen {
  const variables = { job: '.+', instance: '.+', pixel };
  return { from: end - HOURS * 3600, to: end, step: STEP, scrapeInterval: STEP, variables };
}

test.each(DASHBOARDS.map(asWritten))(
  'every query of $uid has an answer over six hours',
  async (dashboard) => {
    const pixel = dashboard.uid === 'capi-pixel' ? '100000000000002' : '.+';
    expect(await emptyQueries(dashboard, prometheus.url, chosen(pixel))).toEqual([]);
  },
);

test.each([
  ['what nothing was told of', 'absent(up)', 'has no series'],
  ['a share of nothing', 'sum(up * 0) / sum(up * 0)', 'is not a number anywhere'],
  ['what cannot be matched', 'up / on (job) up', 'many-to-many matching not allowed'],
])('%s is noticed', async (_, expr, fault) => {
  const dashboard = asWritten(OVERVIEW);
  inTarget('Requests by answer', { expr })(dashboard);
  const empty = await emptyQueries(dashboard, prometheus.url, chosen('.+'));
  expect(empty.join()).toContain(fault);
});
