import { z } from 'zod';
import { LONGEST_NAME } from '#core/mapping/event-name.ts';
import { holdsEmail } from '#core/privacy/personal-data.ts';
import { condition } from './condition.ts';
import { flag, says } from './values.ts';

/** Each may add a server event to a Track event. */
const MOST_RULES = 100;

const MISSING_NAME = says(
  'is missing',
  'add the Meta event name, or instead: true to keep the name',
);

const eventRule = z
  .strictObject({
    when: condition('the condition under which the rule holds'),
    eventName: z
      .string()
      .regex(/\S/, says('is empty', 'write a Meta event name'))
      .max(LONGEST_NAME)
      .refine((name) => !holdsEmail(name), says('holds an e-mail address', 'write a name without'))
      .nullable()
      .default(null)
      .describe('Meta event name, standard or custom; with `instead`, it may be left out'),
    instead: flag(false).describe(
      '`true` takes the place of the event that eventMappings give; `false` adds an event to it',
    ),
    testEventCode: z
      .string()
      .regex(
        /^[\w-]{1,100}$/,
        says('is not a test event code', 'copy it from the Test Events page'),
      )
      .nullable()
      .default(null)
      .describe(
        'test event code: shows the event on the Test Events page too. It is live all the same: Meta uses it for targeting and measurement',
      ),
  })
  .refine(({ eventName, instead }) => eventName !== null || instead, {
    message: MISSING_NAME,
    path: ['eventName'],
  });

export const eventRules = z
  .array(eventRule)
  .max(MOST_RULES)
  .default([])
  .describe('events by a condition on the whole Track event, besides those of eventMappings');
