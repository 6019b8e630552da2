import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outcomesPage } from '#core/outcome/outcomes-page.ts';

await writeFile(join(import.meta.dirname, '../../docs/outcomes.md'), outcomesPage());
