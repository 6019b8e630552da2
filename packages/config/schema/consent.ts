import { z } from 'zod';
import { CONSENT_FORMATS, CONSENT_PATHS } from '#core/consent/consent-settings.ts';
import { distinct, says, text, texts } from './values.ts';

/** The consent that an event must carry. */
export const consentSetting = z
  .strictObject({
    allOf: texts([]).describe('categories that must all be granted'),
    anyOf: texts([]).describe('categories of which at least one must be granted'),
    paths: distinct(text())
      .default([...CONSENT_PATHS])
      .describe('where events carry consent; the first path with a value decides'),
    format: z
      .enum(CONSENT_FORMATS)
      .default('auto')
      .describe(
        'shape of the consent ([Consent](consent.md)); `auto` recognises all but TC strings',
      ),
  })
  .refine(
    ({ allOf, anyOf }) => allOf.length + anyOf.length > 0,
    says('names no category', 'list categories in allOf or anyOf, or remove consent'),
  )
  .nullable()
  .default(null)
  .describe('consent that an event must carry; other events are filtered as no_consent');
