import { z } from 'zod';
import { asObject } from '#core/event/track-event.ts';
import { FIELD_NAMES, FREE_FIELD } from '#core/fields/field-table.ts';
import { type FieldSettings, fieldFaults } from '#core/fields/judge.ts';
import { suggest } from '../suggest.ts';
import { says } from './values.ts';

/** A form of a source for editors; `fieldFaults` judges them. */
const SOURCE = {
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      required: ['value'],
      properties: { value: { description: 'the same value for every event' } },
    },
    {
      type: 'object',
      required: ['sum', 'of'],
      properties: {
        sum: { type: 'string', description: 'path of a list' },
        of: { type: 'string', description: 'path of a number within an item' },
        times: { type: 'string', description: 'path of a factor within an item' },
      },
    },
    {
      type: 'object',
      required: ['each'],
      properties: { each: { type: 'string', description: 'path of a list of items' } },
    },
  ],
};

/** Meta's field → where its value comes from. What is written stays as it is; the mapping reads it. */
export const fieldsSchema = z
  .unknown()
  .default({})
  .transform((written, context): Readonly<Record<string, unknown>> => {
    const fields = asObject(written);
    if (fields !== null) return fields;
    const message = says('must be a mapping', 'write it like { em: properties.email }');
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .describe(
    "Meta's field → where its value comes from instead of the usual places: a path, a template, a literal, or a list of them of which the first usable one counts; see [Fields from anywhere](mapping.md#fields-from-anywhere)",
  )
  .meta({
    type: 'object',
    propertyNames: {
      anyOf: [{ enum: FIELD_NAMES }, { pattern: `^${FREE_FIELD.replace('.', '\\.')}` }],
    },
    additionalProperties: { anyOf: [...SOURCE.anyOf, { type: 'array', items: SOURCE }] },
  });

/** Judges `fields` together with the settings that bear on them, whatever else is wrong in the pixel. */
export const fieldsJudgement: readonly [
  (pixel: unknown, context: z.RefinementCtx) => void,
  { readonly when: () => boolean },
] = [
  (pixel, context) => {
    for (const { at, message, fix, known } of fieldFaults(settingsOf(pixel))) {
      const path = ['fields', ...at];
      const text = says(message, known === undefined ? fix : suggest(String(at[0]), known));
      context.addIssue({ code: 'custom', path, message: text });
    }
  },
  { when: () => true },
];

/** What can be used of a pixel that may be wrong elsewhere. */
function settingsOf(pixel: unknown): FieldSettings {
  const written = asObject(pixel) ?? {};
  const external = written['alternativeExternalIdField'];
  return {
    fields: asObject(written['fields']) ?? {},
    customDataAllowList: textsOf(written['customDataAllowList']),
    customDataDenyList: textsOf(written['customDataDenyList']),
    alternativeExternalIdField: typeof external === 'string' ? external : null,
  };
}

function textsOf(written: unknown): string[] {
  return [written].flat().filter((each) => typeof each === 'string');
}
