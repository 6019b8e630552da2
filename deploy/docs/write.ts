import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeCommands } from '#cli/completion/describe.ts';
import { editorSchema } from '#config/json-schema.ts';
import { configurationPage } from '#config/reference.ts';
import { outcomesPage } from '#core/outcome/outcomes-page.ts';
import { metricsPage } from '#process/metrics/reference.ts';
import { latestRelease } from '#release/changelog.ts';
import { manPage } from './man-page.ts';
import { SERVICE_METRICS } from './metrics.ts';
import { scalingPage } from './scaling/page.ts';

const DOCS = join(import.meta.dirname, '../../docs');

/** Every page that is made from the code: file name → content. A test keeps them in step. */
export async function writtenPages(): Promise<Record<string, string>> {
  const changelog = await readFile(join(DOCS, '../CHANGELOG.md'), 'utf8');
  return {
    'capi-relay.1': manPage(await describeCommands(null), latestRelease(changelog)),
    'capi-relay.schema.json': jsonOf(editorSchema()),
    'configuration.md': configurationPage(),
    'metrics.md': metricsPage(SERVICE_METRICS),
    'outcomes.md': outcomesPage(),
    'scaling.md': scalingPage(await readFile(join(DOCS, 'scaling.md'), 'utf8')),
  };
}

const WIDTH = 100;

/** JSON as the formatter of this project writes it: short lists of plain values stand on one line. */
function jsonOf(value: object): string {
  const text = JSON.stringify(value, null, 2);
  return `${text.replace(/^( *)((?:[^ \n].*)?)\[\n([^[\]{}]*?)\n\1\](,?)$/gm, inOneLine)}\n`;
}

function inOneLine(whole: string, indent: string, key: string, items: string, end: string): string {
  const line = `${indent}${key}[${items.replace(/\n */g, ' ').trim()}]${end}`;
  return line.length <= WIDTH ? line : whole;
}

if (import.meta.main) {
  for (const [name, content] of Object.entries(await writtenPages())) {
    await writeFile(join(DOCS, name), content);
  }
}
