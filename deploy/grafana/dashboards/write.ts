import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DASHBOARDS } from './catalogue.ts';

const FOLDER = join(import.meta.dirname, 'json');

/** Every file that Grafana is provisioned with: file name → content. A test keeps them up to date. */
export function writtenDashboards(): Record<string, string> {
  return Object.fromEntries(
    DASHBOARDS.map((each) => [`${each.uid}.json`, `${JSON.stringify(each, null, 2)}\n`]),
  );
}

if (import.meta.main) {
  await mkdir(FOLDER, { recursive: true });
  for (const [name, content] of Object.entries(writtenDashboards())) {
    await writeFile(join(FOLDER, name), content);
  }
}
