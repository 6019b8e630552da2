import { z } from 'zod';
import type { Condition } from '#core/conditions/condition.ts';
import { readCondition } from '#core/conditions/read-condition.ts';
import { says } from './values.ts';

/** Where the published JSON Schema defines a condition, which contains conditions. */
const REFERENCE = '#/definitions/condition';

/** Read by rules of our own, which hold for conditions of any depth. */
const read = z
  .unknown()
  .nonoptional()
  .transform((value, context): Condition => {
    const result = readCondition(value);
    if ('condition' in result) return result.condition;
    for (const { path, message, fix } of result.faults) {
      context.addIssue({ code: 'custom', path: [...path], message: says(message, fix) });
    }
    return z.NEVER;
  });

/** A condition on the event. */
export const condition = (description: string) => read.meta({ description, $ref: REFERENCE });

/** A condition that may be left out. */
export const conditionOrNone = (description: string) =>
  read.optional().meta({ description, $ref: REFERENCE });

const values = { type: ['string', 'number', 'boolean'] };
const conditions = { type: 'array', minItems: 1, items: { $ref: REFERENCE } };

/** The definition behind {@link REFERENCE}. */
export const CONDITION_DEFINITION = {
  type: 'object',
  description: 'a condition on the event: path with one test, or not, any or all',
  additionalProperties: false,
  properties: {
    path: { type: 'string', description: 'path in the event, such as properties.coupon' },
    equals: { ...values, description: 'the value, compared as text' },
    in: { type: 'array', minItems: 1, items: values, description: 'one of the values' },
    prefix: { type: 'string', description: 'what the text starts with' },
    matches: { type: 'string', description: 'a regular expression that the text contains' },
    exists: { type: 'boolean', description: 'whether there is a value' },
    not: { $ref: REFERENCE },
    any: { ...conditions, description: 'at least one holds' },
    all: { ...conditions, description: 'each of them holds' },
  },
};
