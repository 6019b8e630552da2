import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GRAPH_VERSIONS, versionEnd } from '#core/outcome/graph-versions.ts';
import { scrape } from '#local/scrape.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, SOURCES, TOKEN } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 300;
const STUCK_MS = 3_600_000;
const [LIVE = '', BROKEN = ''] = PIXELS;
const [{ version: ENDED = '' } = {}] = GRAPH_VERSIONS;
const SHADOW = '900000000000001';
const SHADOW_OF_BROKEN = '900000000000002';

let fleet: Fleet;

beforeAll(async () => {
  const pixel = (pixelId: string, at: number, shadow: object | null) => ({
    pixelId,
    accessToken: TOKEN,
    events: { where: { 'context.source': SOURCES[at] } },
    ...(shadow === null ? {} : { shadow }),
  });
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sandboxArgs: [
      '--pixels',
      [...PIXELS, SHADOW, SHADOW_OF_BROKEN].map((id) => `${id}:${TOKEN}`).join(),
    ],
    // It has ended: Meta refuses every request of the canary.
    graphApi: { canary: { version: ENDED, share: 0.5 } },
    // Longer than a test may take: a stop that waited for a copy would not end in time.
    graphTimeoutMs: STUCK_MS,
    sections: {
      metrics: { detailedPixels: [LIVE, BROKEN] },
      // Small batches, so that there are many requests.
      worker: { port: 0, stopTimeoutMs: STUCK_MS, batch: { maxEvents: 10 } },
      pixels: [
        pixel(LIVE, 0, { pixelId: SHADOW, accessToken: TOKEN, share: 1, testEventCode: 'TEST1' }),
        pixel(BROKEN, 1, { pixelId: SHADOW_OF_BROKEN, accessToken: 'expired', share: 1 }),
        pixel(PIXELS[2] ?? '', 2, null),
      ],
    },
  });
});

afterAll(() => fleet.stop());

interface Pixel {
  readonly accepted: number;
  readonly test: number;
}

test('neither a canary that Meta refuses nor a shadow costs an event, what they did is shown, and a stop waits for no copy', async () => {
  const traffic = createTraffic('canary', MESSAGES);
  await fleet.send(traffic.messages);
  const [, worker] = await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
  await settled(fleet, MESSAGES);
  const accepted = await fleet.accepted();
  expect(new Set(accepted.keys())).toEqual(traffic.good);
  expect([...accepted.values()].every((count) => count === 1)).toBe(true);

  const metrics = await scrape([worker.url]);
  expect(metrics.sum('capi_worker_canary_active', { version: ENDED })).toBe(0);
  const canaryEnd = { role: 'canary', version: ENDED };
  expect(metrics.sum('capi_graph_api_version_end_timestamp_seconds', canaryEnd)).toBe(
    (versionEnd(ENDED)?.at ?? 0) / 1000,
  );
  const canary = metrics.sum('capi_worker_canary_requests_total', { role: 'canary' });
  expect(canary).toBeGreaterThanOrEqual(3);
  expect(worker.log()).toContain('the canary version went back');

  // Nothing waits for a copy, so neither does the end of the traffic.
  await eventually(async () => {
    const copies = await scrape([worker.url]);
    const count = (pixel: string, outcome: string) =>
      copies.sum('capi_worker_shadow_requests_total', { pixel, outcome });
    expect(count(LIVE, 'delivered')).toBeGreaterThan(0);
    expect(count(BROKEN, 'blocked')).toBeGreaterThan(0);
  });
  const state = await (await fetch(`${fleet.sandbox.url}/_sandbox/state`)).json();
  const { pixels } = state as { pixels: Record<string, Pixel> };
  expect(pixels[SHADOW]?.accepted).toBeGreaterThan(0);
  expect(pixels[SHADOW]?.test).toBe(pixels[SHADOW]?.accepted);
  expect(pixels[SHADOW_OF_BROKEN]?.accepted ?? 0).toBe(0);

  // A copy that hangs costs the next ones, and nothing else; the worker stops without its answer.
  await fleet.tell('behaviour', { pixel: SHADOW, kind: 'hang' });
  const more = createTraffic('hanging', MESSAGES);
  await fleet.send(more.messages);
  await settled(fleet, 2 * MESSAGES);
  const stuck = await scrape([worker.url]);
  const dropped = { pixel: LIVE, outcome: 'dropped' };
  expect(stuck.sum('capi_worker_shadow_requests_total', dropped)).toBeGreaterThan(0);
  const all = await fleet.accepted();
  for (const id of more.good) expect(all.get(id)).toBe(1);
  worker.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
  expect(worker.log()).toContain('"msg":"stopped"');
});
