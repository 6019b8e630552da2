import { z } from 'zod';
import { pixelSettings } from './pixel-settings.ts';
import { distinct, says, text, textOrNone } from './values.ts';

const pixelId = z
  .string()
  .regex(/^\d{1,20}$/, says('is not the id of a pixel', 'write its digits, in quotes'));

const route = z
  .strictObject({
    topics: distinct(text()).optional().describe('only events of these topics'),
    where: z
      .record(text(), z.union([z.string(), z.array(z.string()).min(1)]))
      .optional()
      .describe('path in the event → its value, or a list of values; all paths must match'),
  })
  .default({})
  .describe('which Track events go to this pixel; all where nothing is said');

const delivery = {
  accessToken: text().optional().describe('its access token'),
  accessTokenFile: text().optional().describe('a file that holds its access token'),
  testEventCode: textOrNone().describe('sends everything to the Test Events page instead'),
  events: route,
  weight: z
    .number()
    .positive()
    .max(1000)
    .default(1)
    .describe(
      'its part of the requests and of the memory of a worker, against those of the others',
    ),
};

/** A pixel in the configuration file. */
export const pixel = z.strictObject({
  pixelId: pixelId.describe('id of the pixel or dataset, in quotes'),
  ...delivery,
  ...pixelSettings,
});

/** Keys of a pixel that say nothing about mapping: whoever only maps takes and ignores them. */
const ignored = Object.fromEntries(
  Object.keys(delivery).map((key) => [key, z.unknown().optional()]),
) as Record<keyof typeof delivery, z.ZodOptional<z.ZodUnknown>>;

/** The settings of one pixel alone, as `preview` takes them: no token is needed. */
export const lonePixelSettings = z
  .strictObject({ pixelId: pixelId.default('0'), ...ignored, ...pixelSettings })
  .transform(
    ({ accessToken, accessTokenFile, testEventCode, events, weight, ...settings }) => settings,
  );
