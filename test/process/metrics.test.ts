import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { Gauge } from 'prom-client';
import { CONTROL_METRICS } from '#control/metrics.ts';
import { METRICS, SERVICE_METRICS } from '#docs/metrics.ts';
import { writtenPages } from '#docs/write.ts';
import { type AdminServerOptions, startAdminServer } from '#process/admin-server.ts';
import { createLogger } from '#process/logger.ts';
import { createPage } from '#process/metrics/collectors.ts';
import type { Declaration } from '#process/metrics/declare.ts';
import {
  combinations,
  createMetrics,
  type DetailedPixels,
  valuesOf,
} from '#process/metrics/registry.ts';

const QUIET = createLogger('test', 'error', { write() {} });

/** The ends of names for which Prometheus has a convention. */
const SUFFIX: Partial<Record<Declaration['unit'], string>> = {
  seconds: '_seconds',
  'Unix seconds': '_timestamp_seconds',
  bytes: '_bytes',
  ratio: '_ratio',
};

describe('every metric', () => {
  test.each(Object.values(METRICS).map((each): [string, Declaration] => [each.name, each]))(
    '%s says what it means and is named for it',
    (name, { kind, help, unit, labels: its }) => {
      expect(name).toMatch(/^capi_[a-z0-9_]+$/);
      expect(name.replace(/_total$/, '').endsWith(SUFFIX[unit] ?? '')).toBe(true);
      expect(help).toMatch(/\.$/);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      expect(Object.keys(its).join()).not.toMatch(/event_id|email|token|user/);
    },
  );

  test('is served by the services that feed it, and by no other', async () => {
    const page = await createMetrics('ingest', SERVICE_METRICS.ingest).page();
    expect(page).toContain('# HELP capi_ingest_messages_total');
    expect(page).not.toContain('capi_worker_batches_total');
  });
});

const known3 = { pixels: ['1', '2', '3'], topics: ['t'] };

describe('a fresh page', () => {
  const known = known3;

  test.each(['ingest', 'worker'] as const)(
    'of %s begins every known series at zero, and stays small',
    async (service) => {
      const metrics = createMetrics(service, SERVICE_METRICS[service]);
      metrics.initSeries(known);
      const page = await metrics.page();
      const series = page.split('\n').filter((line) => line.startsWith('capi_'));
      const declared = Object.values<Declaration>(SERVICE_METRICS[service]);
      for (const { name, kind, labels: of } of declared) {
        const open = Object.values(of).some((values) => Object.hasOwn(Object(values), 'upTo'));
        if (kind === 'gauge' || open) continue;
        expect(series.some((line) => line.startsWith(name))).toBe(true);
      }
      expect(page).toContain(`pixel="3",stage="${service}",reason="too_old"} 0`);
      expect(series.length).toBeLessThan(600);
    },
  );

  test('starting series again resets nothing', async () => {
    const metrics = createMetrics('ingest', SERVICE_METRICS.ingest);
    metrics.ingestMessages.inc({ topic: 't' }, 5);
    metrics.initSeries(known);
    expect(await metrics.page()).toContain('capi_ingest_messages_total{topic="t"} 5');
  });

  test('of a histogram too', async () => {
    const metrics = createMetrics('worker', SERVICE_METRICS.worker, 'all');
    metrics.initSeries({ ...known, pixels: ['1'] });
    metrics.workerBatchEvents.observe({ pixel: '1' }, 7);
    metrics.initSeries(known);
    const page = await metrics.page();
    expect(page).toContain('capi_worker_batch_events_sum{pixel="1"} 7');
    expect(page).toContain('capi_worker_batch_events_sum{pixel="2"} 0');
    expect(page).toContain('capi_worker_batch_events_sum{pixel="other"} 0');
  });
});

describe('the series of a pixel', () => {
  const pixels = (count: number) => Array.from({ length: count }, (_, index) => String(index));

  /** Every series that a process has, gauges as they are for each pixel. */
  async function seriesOf(
    service: 'ingest' | 'worker' | 'control',
    count: number,
    detailed: DetailedPixels = 'none',
  ): Promise<number> {
    const declared: Readonly<Record<string, Declaration>> = SERVICE_METRICS[service];
    const metrics = createMetrics(service, declared, detailed);
    const all = {
      pixels: pixels(count),
      topics: ['t'],
      detailed: pixels(count).map(metrics.detailOf),
    };
    metrics.initSeries(all);
    for (const { name, labels: of, initial } of Object.values(declared)) {
      const gauge = metrics.registry.getSingleMetric(name);
      if (!(gauge instanceof Gauge)) continue;
      for (const set of combinations(initial ?? of, (values) => valuesOf(values, all))) {
        gauge.set(set, 1);
      }
    }
    const page = await metrics.page();
    return page.split('\n').filter((line) => line.startsWith('capi_')).length;
  }

  test.each([
    ['worker', 30],
    ['ingest', 40],
    ['control', 60],
  ] as const)('that is not detailed are few in %s: at most %i', async (service, most) => {
    const [few, many] = [await seriesOf(service, 1), await seriesOf(service, 1001)];
    expect((many - few) / 1000).toBeLessThanOrEqual(most);
    expect(await seriesOf(service, 1001, ['7'])).toBeGreaterThan(many);
  });

  test('are counted once, under its name only where that is asked for', async () => {
    const metrics = createMetrics('worker', SERVICE_METRICS.worker, ['2']);
    for (const pixel of ['1', '2', '3']) {
      metrics.workerRequestDuration.observe({ pixel: metrics.detailOf(pixel) }, 1);
    }
    const page = await metrics.page();
    const counts = page.match(/^capi_worker_request_duration_seconds_count.*$/gm);
    expect(counts?.sort()).toEqual([
      'capi_worker_request_duration_seconds_count{pixel="2"} 1',
      'capi_worker_request_duration_seconds_count{pixel="other"} 2',
    ]);
  });
});

describe('the text of a page', () => {
  test('is what prom-client writes, whatever labels and values hold', async () => {
    const metrics = createMetrics('worker', SERVICE_METRICS.worker);
    metrics.initSeries(known3);
    for (const odd of ['a"b', 'a\\b', 'a\nb', '\\n"', '__proto__', '', 'é🙂']) {
      metrics.workerUnknown.inc({ pixel: odd }, 3);
    }
    for (const [pixel, value] of Object.entries({ a: Infinity, b: -Infinity, c: 1e21, d: 0.1 })) {
      metrics.laneLimit.set({ pixel }, value);
    }
    const ours = (text: string) =>
      text.split('\n').filter((line) => !/^(process|nodejs|capi_event_loop)_/.test(line));
    expect(ours(await metrics.page())).toEqual(ours(await metrics.registry.metrics()));
  });

  test('asks each metric once, however many pixels there are', async () => {
    const metrics = createMetrics('worker', SERVICE_METRICS.worker);
    metrics.initSeries({ pixels: Array.from({ length: 1000 }, (_, n) => `${n}`), topics: [] });
    const asked = jest.spyOn(metrics.workerEvents, 'get');
    await metrics.page();
    expect(asked).toHaveBeenCalledTimes(1);
  });
});

describe('gauges of the whole fleet', () => {
  const shown = (page: string) =>
    page.match(/^capi_(redis_memory_used_ratio|queue_events|replay_active)\b/gm) ?? [];

  test('are there from the first time that they are set until another process serves them', async () => {
    const metrics = createMetrics('control', CONTROL_METRICS);
    expect(shown(await metrics.page())).toEqual([]);
    metrics.redisMemory.set(0.5);
    metrics.replayActive.set(0);
    metrics.queueEvents.set({ pixel: '1' }, 3);
    expect(shown(await metrics.page())).toHaveLength(3);
    metrics.dropFleetSeries();
    expect(shown(await metrics.page())).toEqual([]);
    expect(await metrics.page()).toContain('capi_control_duties 0');
  });
});

describe('a page', () => {
  test('survives a collector that fails, and one that hangs', async () => {
    const metrics = createMetrics('worker', SERVICE_METRICS.worker);
    const page = createPage(metrics, [
      {
        name: 'throws',
        collect() {
          throw new Error('down');
        },
      },
      { name: 'fails', collect: () => Promise.reject(new Error('down')) },
      { name: 'hangs', collect: () => new Promise(() => {}) },
      { name: 'works', collect: async () => metrics.redisRoundTrip.set(0.5) },
    ]);
    const text = await page();
    expect(text).toContain('capi_collector_success{collector="throws"} 0');
    expect(text).toContain('capi_collector_success{collector="fails"} 0');
    expect(text).toContain('capi_collector_success{collector="hangs"} 0');
    expect(text).toContain('capi_collector_success{collector="works"} 1');
    expect(text).toContain('capi_redis_round_trip_seconds 0.5');
  });

  test('asks each collector once, however many ask for it', async () => {
    let asked = 0;
    const page = createPage(createMetrics('worker', SERVICE_METRICS.worker), [
      {
        name: 'counted',
        collect: async () => {
          asked += 1;
          await new Promise(setImmediate);
        },
      },
    ]);
    await Promise.all([page(), page(), page()]);
    expect(asked).toBe(1);
  });
});

describe('the admin server', () => {
  async function ask(path: string, checks: Partial<AdminServerOptions> = {}) {
    const server = await startAdminServer({
      port: 0,
      page: async () => 'metric 1\n',
      live: () => [{ name: 'loop', ok: true }],
      ready: () => [{ name: 'redis', ok: false, detail: 'does not answer' }],
      logger: QUIET,
      ...checks,
    });
    try {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return { status: answer.status, body: await answer.text() };
    } finally {
      await server.close();
    }
  }

  test.each([
    ['/metrics', 200, 'metric 1'],
    ['/livez?verbose', 200, '"ok":true'],
    ['/livez', 200, '{"ok":true,"checks":[]}'],
    [
      '/readyz',
      503,
      '{"ok":false,"checks":[{"name":"redis","ok":false,"detail":"does not answer"}]}',
    ],
    ['/', 404, '/livez'],
  ])('%s answers %i', async (path, status, body) => {
    const answer = await ask(path);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(body);
  });

  test('answers 500 when the page cannot be made, and lives on', async () => {
    const page = () => Promise.reject(new Error('x'));
    expect((await ask('/metrics', { page })).status).toBe(500);
  });

  test('says that its port is taken', async () => {
    const options = {
      page: async () => '',
      live: () => [],
      ready: () => [],
      logger: QUIET,
    };
    const first = await startAdminServer({ ...options, port: 0 });
    await expect(startAdminServer({ ...options, port: first.port })).rejects.toThrow('is taken');
    await first.close();
  });
});

test.each(Object.entries(await writtenPages()))(
  'docs/%s is in step with the code',
  (name, content) => {
    expect(readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8')).toBe(content);
  },
);
