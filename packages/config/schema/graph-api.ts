import { z } from 'zod';
import { count, says } from './values.ts';

/** Where server events go. */
export const graphApi = z
  .strictObject({
    url: z
      .string()
      .regex(/^https?:\/\/[^\s?#]+$/, says('is not a URL', 'write https://graph.facebook.com'))
      .default('https://graph.facebook.com')
      .describe('begin of every request; the sandbox has one of its own'),
    version: z
      .string()
      .regex(/^v\d+\.\d+$/, says('is not a version', 'write it like v25.0'))
      .default('v25.0')
      .describe('version of the Graph API; Meta serves each for about two years'),
    timeoutMs: count(10_000).describe('how long to wait for an answer'),
  })
  .prefault({})
  .describe("Meta's Conversions API.");
