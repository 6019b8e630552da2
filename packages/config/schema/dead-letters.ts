import { z } from 'zod';
import { text } from './values.ts';

/** Where dead letters go besides Redis. */
export const deadLetters = z
  .strictObject({
    topic: text()
      .nullable()
      .default(null)
      .describe('topic that every dead letter is also published to; it must exist; `null`: none'),
  })
  .prefault({})
  .describe('Where dead letters go besides Redis.');
