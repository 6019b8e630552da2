import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const RULES = join(import.meta.dirname, '../prometheus/rules/*.yaml');
const RUNBOOKS = join(import.meta.dirname, '../../docs/runbooks.md');

/** A process to be scraped. */
export interface ScrapeTarget {
  /** Its kind, such as `ingest`; the job is called after it. */
  readonly service: string;
  /** Such as `worker-1`. */
  readonly name: string;
  /** Such as `http://127.0.0.1:9101`. */
  readonly url: string;
}

/**
 * Writes a configuration of Prometheus with all rules, and a file of targets that it reads again when
 * it changes.
 * @returns the configuration file
 */
export async function writePrometheusConfiguration(
  folder: string,
  targets: readonly ScrapeTarget[],
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const found = targets.map(({ service, name, url }) => ({
    targets: [new URL(url).host],
    labels: { job: `capi-${service}`, instance: name },
  }));
  await writeFile(join(folder, 'targets.json'), `${JSON.stringify(found, null, 2)}\n`);
  const file = join(folder, 'prometheus.yaml');
  await writeFile(
    file,
    `global:
  scrape_interval: 15s
  scrape_timeout: 5s
  evaluation_interval: 15s
  external_labels: { grafana: 'http://localhost:3000', runbooks: '${RUNBOOKS}' }
rule_files: ['${RULES}']
scrape_configs:
  - job_name: capi-relay
    file_sd_configs: [{ files: [targets.json], refresh_interval: 15s }]
`,
  );
  return file;
}
