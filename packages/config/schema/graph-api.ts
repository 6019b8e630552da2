import { z } from 'zod';
import { NEWEST_GRAPH_VERSION } from '#core/outcome/graph-versions.ts';
import { count, says, section } from './values.ts';

const version = z
  .string()
  .regex(/^v\d+\.\d+$/, says('must be a version', `write it like ${NEWEST_GRAPH_VERSION}`));

const canary = z
  .strictObject({
    version: version.describe('Graph API version that is tried'),
    share: z
      .number()
      .positive()
      .max(1)
      .default(0.05)
      .describe('share of the requests that it gets, above 0 and at most 1'),
    pixels: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('IDs of the pixels that take part; all by default'),
  })
  .nullable()
  .default(null)
  .describe(
    'sends a share of the requests to another Graph API version. What it refuses is sent to `version` at once; it ends by itself after three requests that only `version` accepted, or five in a row without an answer or with a late one',
  );

export const graphApiSchema = section("Meta's Conversions API.", {
  url: z
    .string()
    .regex(
      /^https?:\/\/[^\s?#]+$/,
      says('must be a URL', 'write it like https://graph.facebook.com'),
    )
    .default('https://graph.facebook.com')
    .describe('base URL of every request; the sandbox has its own'),
  version: version
    .default(NEWEST_GRAPH_VERSION)
    .describe(
      'Graph API version; Meta serves each for two years or a little more, and `check`, `status` and an alert say when it is about to end',
    ),
  canary,
  timeoutMs: count(10_000).describe('time limit for a response'),
});
