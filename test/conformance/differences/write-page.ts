import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { differencesPage } from './page.ts';

await writeFile(join(import.meta.dirname, '../../../docs/differences.md'), differencesPage());
