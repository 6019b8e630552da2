import { z } from 'zod';

/** What is logged. */
export const log = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('least level that is logged'),
  })
  .prefault({})
  .describe('Log lines on standard output.');
