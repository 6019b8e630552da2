import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type AdminServerOptions, startAdminServer } from '#runtime/admin-server.ts';
import { createLogger } from '#runtime/logger.ts';
import { createPage } from '#runtime/metrics/collectors.ts';
import { type Declaration, METRICS } from '#runtime/metrics/declarations.ts';
import { createMetrics } from '#runtime/metrics/registry.ts';
import { writtenPages } from '#runtime/write-docs.ts';

describe('every metric', () => {
  test.each(Object.values(METRICS).map((each): [string, Declaration] => [each.name, each]))(
    '%s says what it means and is named for it',
    (name, { kind, help, labels }) => {
      expect(name).toMatch(/^capi_[a-z0-9_]+$/);
      expect(help).toMatch(/\.$/);
      expect(name.endsWith('_total')).toBe(kind === 'counter');
      expect(labels.some((label) => /event_id|email|token|user/.test(label))).toBe(false);
    },
  );

  test('is served by the services that feed it, and by no other', async () => {
    const page = await createMetrics('ingest').page();
    expect(page).toContain('# HELP capi_ingest_messages_total');
    expect(page).not.toContain('capi_worker_batches_total');
  });
});

describe('a page', () => {
  test('survives a collector that fails, and one that hangs', async () => {
    const metrics = createMetrics('worker');
    const page = createPage(metrics, [
      { name: 'fails', collect: () => Promise.reject(new Error('down')) },
      { name: 'hangs', collect: () => new Promise(() => {}) },
      { name: 'works', collect: async () => metrics.redisMemory.set(0.5) },
    ]);
    const text = await page();
    expect(text).toContain('capi_collector_success{collector="fails"} 0');
    expect(text).toContain('capi_collector_success{collector="hangs"} 0');
    expect(text).toContain('capi_collector_success{collector="works"} 1');
    expect(text).toContain('capi_redis_memory_used_ratio 0.5');
  });

  test('asks each collector once, however many ask for it', async () => {
    let asked = 0;
    const page = createPage(createMetrics('worker'), [
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
      logger: createLogger('test', 'error'),
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
    ['/readyz', 503, 'does not answer'],
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
      logger: createLogger('test', 'error'),
    };
    const first = await startAdminServer({ ...options, port: 0 });
    await expect(startAdminServer({ ...options, port: first.port })).rejects.toThrow('is taken');
    await first.close();
  });
});

test.each(Object.entries(writtenPages()))('docs/%s is in step with the code', (name, content) => {
  expect(readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8')).toBe(content);
});
