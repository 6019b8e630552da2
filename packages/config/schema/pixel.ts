import { z } from 'zod';
import { isPixelName } from '#core/pixel-names.ts';
import { conditionOrNone } from './condition.ts';
import { fieldsJudgement } from './fields.ts';
import { pixelSettings } from './pixel-settings.ts';
import { distinct, says, text, textOrNone } from './values.ts';

const pixelId = z
  .string()
  .regex(/^\d{1,20}$/, says('must be a pixel id', 'write its digits, in quotes'));

const name = z
  .string()
  .refine(
    isPixelName,
    says(
      'must have 1 to 40 printable characters, and not only digits',
      'shorten it, and write it without line breaks and without spaces at its ends',
    ),
  )
  .optional()
  .describe(
    'what people call the pixel, unique: shown beside its ID by commands, pages, log lines and dashboards, and accepted by `--pixel`',
  );

const route = z
  .strictObject({
    topics: distinct(text()).optional().describe('only events from these topics'),
    where: z
      .record(text(), z.union([z.string(), z.array(z.string()).min(1)]))
      .optional()
      .describe('path in the event → its value, or a list of allowed values; all paths must match'),
    allow: conditionOrNone('a condition that an event must meet, as well as `where`'),
    deny: conditionOrNone(
      'a condition under which an event is left out all the same, counted as `denied`',
    ),
  })
  .default({})
  .describe('which Track events go to this pixel; all of them by default');

const shadow = z
  .strictObject({
    pixelId: pixelId.describe('ID of a dataset for tests that no pixel of the configuration uses'),
    accessToken: text().optional().describe('access token'),
    accessTokenFile: text().optional().describe('file that holds the access token'),
    testEventCode: textOrNone().describe('test event code of the copies'),
    share: z
      .number()
      .positive()
      .max(1)
      .default(0.05)
      .describe('share of the requests that are copied, above 0 and at most 1'),
  })
  .nullable()
  .default(null)
  .describe(
    'copies a share of what Meta accepted for this pixel to a dataset for tests. Nothing waits for a copy, and its answer changes nothing',
  );

const delivery = {
  name,
  accessToken: text().optional().describe('access token'),
  accessTokenFile: text().optional().describe('file that holds the access token'),
  appSecret: text()
    .optional()
    .describe(
      'secret of the app that the access token belongs to: requests then carry `appsecret_proof`, which an app can require',
    ),
  appSecretFile: text().optional().describe('file that holds the app secret'),
  testEventCode: textOrNone().describe(
    'test event code: shows the events on the Test Events page too. They are live all the same: Meta uses them for targeting and measurement',
  ),
  partnerAgent: textOrNone().describe(
    '`partner_agent` of each request: the platform that sends, by which the Dataset Quality API can filter',
  ),
  namespaceId: textOrNone().describe('`namespace_id` of each request: scope of the external IDs'),
  uploadTag: textOrNone().describe(
    '`upload_tag` of each request: names an upload of offline events',
  ),
  uploadId: textOrNone().describe('`upload_id` of each request: ID of such an upload'),
  uploadSource: textOrNone().describe(
    '`upload_source` of each request: where such an upload is from',
  ),
  shadow: shadow,
  events: route,
  weight: z
    .number()
    .positive()
    .max(1000)
    .default(1)
    .describe(
      'share of the requests and the memory of a worker, relative to the weights of the other pixels',
    ),
};

export const pixelSchema = z
  .strictObject({
    pixelId: pixelId.describe('id of the pixel or dataset, in quotes'),
    ...delivery,
    ...pixelSettings,
  })
  .superRefine(...fieldsJudgement);

/** Keys of a pixel that do not concern mapping: allowed and ignored where only mapping is done. */
const ignored = Object.fromEntries(
  Object.keys(delivery).map((key) => [key, z.unknown().optional()]),
) as Record<keyof typeof delivery, z.ZodOptional<z.ZodUnknown>>;

/** The settings of one pixel alone, as `preview` takes them: no token is needed. */
export const lonePixelSettings = z
  .strictObject({ pixelId: pixelId.default('0'), ...ignored, ...pixelSettings })
  .superRefine(...fieldsJudgement)
  .transform((settings) => {
    const mapping = Object.entries(settings).filter(([key]) => !Object.hasOwn(delivery, key));
    return Object.fromEntries(mapping) as Omit<typeof settings, keyof typeof delivery>;
  });
