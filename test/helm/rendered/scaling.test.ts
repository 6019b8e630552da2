import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { z } from 'zod';
import { prometheusPrograms } from '#local/prometheus.ts';
import { render } from './helm.ts';

const run = promisify(execFile);

const triggersSchema = z.looseObject({
  spec: z.looseObject({
    triggers: z.array(z.looseObject({ metadata: z.record(z.string(), z.string()) })),
  }),
});

/** The expression by which KEDA scales workers. */
async function workerQuery(): Promise<string> {
  const all = await render('everything');
  const found = all.find(
    ({ kind, metadata }) => kind === 'ScaledObject' && metadata.name.endsWith('-worker'),
  );
  return triggersSchema.parse(found).spec.triggers[0]?.metadata['query'] ?? '';
}

/** What control and a worker serve of a pixel for ten minutes. */
interface PixelState {
  readonly ageSeconds: number;
  /** Envelopes that wait, as Prometheus's notation of a series. */
  readonly waiting: string;
  readonly usage: number;
  readonly state: string;
}

function seriesOf(pixel: string, { ageSeconds, waiting, usage, state }: PixelState) {
  const labels = (job: string): string => `namespace="events",job="capi-${job}",pixel="${pixel}"`;
  return [
    [`capi_queue_oldest_envelope_age_seconds{${labels('control')}}`, `${ageSeconds}x20`],
    [`capi_queue_envelopes{${labels('control')},state="waiting"}`, waiting],
    [`capi_worker_rate_limit_usage_ratio{${labels('worker')}}`, `${usage}x20`],
    [`capi_worker_lane_state{${labels('worker')},state="${state}"}`, '1x20'],
  ].map(([series, values]) => ({ series, values }));
}

const BUSY: PixelState = { ageSeconds: 300, waiting: '40x20', usage: 0.1, state: 'active' };
const CALM: PixelState = { ageSeconds: 2, waiting: '0 3x20', usage: 0.1, state: 'active' };

test.each<readonly [string, readonly PixelState[], number | null]>([
  ['a pixel whose events wait', [BUSY, CALM], 300],
  ['a pixel near its rate limit does not count', [{ ...BUSY, usage: 0.75 }, CALM], 2],
  ['a throttled pixel does not count', [{ ...BUSY, state: 'throttled' }, CALM], 2],
  ['a pixel that is blocked does not count', [{ ...BUSY, state: 'blocked' }], 0],
  ['a failing pixel does not count', [{ ...BUSY, state: 'failing' }], 0],
  ['a pixel that a person paused does not count', [{ ...BUSY, state: 'paused' }], 0],
  ['an envelope that waits for its next try alone', [{ ...BUSY, waiting: '0x20' }], 0],
  ['control is not scraped: no answer, which changes nothing', [], null],
])('workers are scaled: %s', async (_, pixels, expected) => {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-scaling-'));
  try {
    const sample = { labels: '{}', value: expected };
    const unit = {
      evaluation_interval: '1m',
      tests: [
        {
          interval: '30s',
          input_series: pixels.flatMap((state, at) => seriesOf(`10${at}`, state)),
          promql_expr_test: [
            {
              expr: await workerQuery(),
              eval_time: '8m',
              exp_samples: expected === null ? [] : [sample],
            },
          ],
        },
      ],
    };
    const file = join(folder, 'scaling.yaml');
    await writeFile(file, stringify(unit));
    const { promtool } = await prometheusPrograms((line) => process.stderr.write(`${line}\n`));
    const { stdout } = await run(promtool, ['test', 'rules', file]).catch((error) => error);
    expect(stdout).toContain('SUCCESS');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
