import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../../local/ports.ts';
import { prometheusPrograms, startPrometheus } from '../../local/prometheus.ts';
import { say } from '../../local/server.ts';
import { writtenDashboards } from '../dashboards/write.ts';
import { writeHistory } from '../history/history.ts';
import type { Chosen } from '../query-prometheus.ts';
import { answersOf, type Written } from './answers.ts';
import { openStudio } from './pictures.ts';

const FLEET = { ingest: 2, worker: 3, control: 1 };
const WIDTH = 1280;
/** As wide as a line of the widest panel has points. */
const POINTS = 360;
const ONE_PIXEL = '100000000000002';

const { values: flags } = parseArgs({
  options: {
    out: { type: 'string', default: join(import.meta.dirname, '../../../.local/dashboards') },
    prometheus: { type: 'string' },
    hours: { type: 'string', default: '6' },
    pixel: { type: 'string', default: ONE_PIXEL },
    'scrape-interval': { type: 'string', default: '30' },
  },
});

/** Pictures of every dashboard, light and dark, over what a Prometheus has. */
async function preview(url: string, end: number): Promise<void> {
  const hours = Number(flags.hours);
  const scrapeInterval = Number(flags['scrape-interval']);
  const step = Math.max(scrapeInterval, Math.ceil((hours * 3600) / POINTS));
  const studio = await openStudio(say);
  await mkdir(flags.out, { recursive: true });
  try {
    for (const text of Object.values(writtenDashboards())) {
      const dashboard = JSON.parse(text) as Written;
      const pixel = dashboard.uid === 'capi-pixel' ? flags.pixel : '.+';
      const variables = { job: '.+', instance: '.+', pixel };
      const chosen: Chosen = { from: end - hours * 3600, to: end, step, scrapeInterval, variables };
      const answers = await answersOf(dashboard, url, chosen);
      for (const mode of ['light', 'dark'] as const) {
        const file = join(flags.out, `${dashboard.uid}-${mode}.png`);
        const { from, to } = chosen;
        const drawing = { dashboard, answers, from, to, mode, width: WIDTH };
        const complaints = await studio.picture(drawing, file);
        say([file, ...complaints.map((each) => `  ${each}`)].join('\n'));
        if (complaints.length > 0) process.exitCode = 1;
      }
    }
  } finally {
    await studio.close();
  }
}

/** An hour and two thirds of another: the last label of an axis has room there. */
function latestEnd(now: number): number {
  return Math.floor((now - 2400) / 3600) * 3600 + 2400;
}

/** The same over six made-up hours. */
async function previewOfHistory(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-preview-'));
  const end = latestEnd(Date.now() / 1000);
  const configuration = join(folder, 'prometheus.yml');
  const { promtool } = await prometheusPrograms(say);
  say('Making up six hours of a fleet …');
  const step = Number(flags['scrape-interval']);
  const history = { end, hours: Number(flags.hours), step, fleet: FLEET };
  await writeHistory(history, join(folder, 'data'), promtool);
  await writeFile(configuration, 'scrape_configs: []\n');
  const prometheus = await startPrometheus({ folder, port: await freePort(), configuration }, say);
  try {
    await preview(prometheus.url, end);
  } finally {
    await prometheus.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

if (flags.prometheus === undefined) await previewOfHistory();
else await preview(flags.prometheus, Math.floor(Date.now() / 1000));
