import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DASHBOARDS } from '#grafana/dashboards/catalogue.ts';
import type { Chosen } from '#grafana/query-prometheus.ts';
import { freePort } from '#local/ports.ts';
import { type LocalPrometheus, startPrometheus } from '#local/prometheus.ts';
import { asWritten } from '#test/observability/dashboard-model.ts';
import { emptyQueries } from '#test/observability/empty-queries.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 1500;
const WITHIN = { everyMs: 500 };

/** What a short run without a past has no numbers for. */
const WITHOUT_NUMBERS: Readonly<Record<string, readonly string[]>> = {
  // Nothing is recorded here, and no alert fires.
  'capi-overview': ['Failure budget A', 'Lateness budget A', 'Alerts A'],
  // Nothing is parked here: since when, and for how long Kafka keeps it.
  'capi-dead-letters': ['E', 'F'].map((query) => `Age of events by their own time ${query}`),
  'capi-pixel': ['Match keys B', 'Match keys C'],
  // Control does not ask Meta here: quality.test.ts does.
  'capi-quality': [
    'Lowest match quality A',
    'Oldest answer A',
    ...['A', 'B', 'C', 'D', 'E'].map((query) => `Events as Meta sees them ${query}`),
    'Identifiers that Meta found A',
    'Event Match Quality A',
    'Below the usual score A',
  ],
  'capi-workers': [
    // The columns of the canary and of its version's end: none is configured here.
    ...['D', 'E'].map((query) => `Processes ${query}`),
    // No series for each of ninety ways to fail before one has: nothing has failed here.
    ...['H', 'I', 'K'].map((query) => `Not done by Redis or Kafka ${query}`),
  ],
};

let folder: string;
let fleet: Fleet;
let prometheus: LocalPrometheus;
let from: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-live-'));
  const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
  const redisUrl = process.env['TEST_REDIS_URL'] ?? '';
  // The dashboard of a pixel has histograms only of those.
  const sections = { metrics: { detailedPixels: [PIXELS[0]] } };
  fleet = await Fleet.prepare({ brokers, redisUrl, sections });
  const services = ['ingest', 'worker', 'control'] as const;
  const processes = await Promise.all(services.map((each) => fleet.start(each)));
  const scraped = {
    global: { scrape_interval: '1s' },
    scrape_configs: processes.map(({ url }, index) => ({
      job_name: `capi-${services[index]}`,
      static_configs: [{ targets: [new URL(url).host] }],
    })),
  };
  const configuration = join(folder, 'prometheus.yml');
  await writeFile(configuration, JSON.stringify(scraped));
  from = Math.floor(Date.now() / 1000);
  prometheus = await startPrometheus({ folder, port: await freePort(), configuration }, () => {});
  await eventually(async () => {
    const answer = await fetch(`${prometheus.url}/api/v1/query?query=count(up==1)`);
    expect(await answer.text()).toContain('"3"');
  }, WITHIN);
  await fleet.send(createTraffic('dashboards', MESSAGES, 0.05).messages);
  await settled(fleet, MESSAGES);
});
afterAll(async () => {
  await prometheus.stop();
  await fleet.stop();
  await rm(folder, { recursive: true, force: true });
});

function chosen(pixel: string): Chosen {
  const variables = { job: '.+', instance: '.+', pixel };
  const to = Math.floor(Date.now() / 1000);
  return { from, to, step: 1, scrapeInterval: 1, variables };
}

test.each(DASHBOARDS.map(asWritten))('$uid shows a running fleet', async (dashboard) => {
  const expected = WITHOUT_NUMBERS[dashboard.uid];
  const pixel = dashboard.uid === 'capi-pixel' ? (PIXELS[0] ?? '') : '.+';
  await eventually(async () => {
    const empty = await emptyQueries(dashboard, prometheus.url, chosen(pixel));
    expect(empty.map((fault) => fault.replace(/: .*/, ''))).toEqual(expected);
  }, WITHIN);
});
