import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configurationPage, configurationSchema } from './configuration/reference.ts';
import { metricsPage } from './metrics/reference.ts';

const DOCS = join(import.meta.dirname, '../../docs');

/** Every page that is made from the code: file name → content. A test keeps them in step. */
export function writtenPages(): Record<string, string> {
  return {
    'capi-relay.schema.json': `${JSON.stringify(configurationSchema(), null, 2)}\n`,
    'configuration.md': configurationPage(),
    'metrics.md': metricsPage(),
  };
}

if (import.meta.main) {
  for (const [name, content] of Object.entries(writtenPages())) {
    await writeFile(join(DOCS, name), content);
  }
}
