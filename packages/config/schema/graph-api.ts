import { z } from 'zod';
import { NEWEST_GRAPH_VERSION } from '#core/outcome/graph-versions.ts';
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
    .regex(/^v\d+\.\d+$/, says('must be a version', `write it like ${NEWEST_GRAPH_VERSION}`))
    .default(NEWEST_GRAPH_VERSION)
    .describe(
      'Graph API version; Meta serves each for two years or a little more, and `check`, `status` and an alert say when it is about to end',
    ),
  timeoutMs: count(10_000).describe('time limit for a response'),
});
