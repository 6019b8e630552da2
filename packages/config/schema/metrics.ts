import { z } from 'zod';
import { text } from './values.ts';

/** Who may scrape. */
export const metrics = z
  .strictObject({
    token: text()
      .optional()
      .describe(
        'bearer token that a request for /metrics must carry, in every service; without one, ingest and worker answer whoever can reach their port, and control answers its users',
      ),
    tokenFile: text().optional().describe('a file that holds it'),
  })
  .prefault({})
  .describe('Who may scrape `/metrics`. `/livez` and `/readyz` always answer without credentials.');
