import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writtenDashboards } from './all.ts';

const FOLDER = join(import.meta.dirname, 'json');

await mkdir(FOLDER, { recursive: true });
for (const [name, content] of Object.entries(writtenDashboards())) {
  await writeFile(join(FOLDER, name), content);
}
