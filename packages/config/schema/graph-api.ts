import { z } from 'zod';
import { count, says, section } from './values.ts';

export const graphApiSchema = section("Meta's Conversions API.", {
  url: z
    .string()
    .regex(
      /^https?:\/\/[^\s?#]+$/,
      says('must be a URL', 'write it like https://graph.facebook.com'),
    )
    .default('https://graph.facebook.com')
    .describe('base URL of every request; the sandbox has its own'),
  version: z
    .string()
    .regex(/^v\d+\.\d+$/, says('must be a version', 'write it like v25.0'))
    .default('v25.0')
    .describe('Graph API version; Meta serves each for about two years'),
  timeoutMs: count(10_000).describe('time limit for a response'),
});
