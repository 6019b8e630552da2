import type { NormalisedEvent } from '#core/event/server-event.ts';

/** Something that would raise the match quality of an event. */
export interface Advice {
  /** Fields of user_data; one of them is enough. */
  readonly fields: readonly string[];
  /** Where a Track event has it. */
  readonly place: string;
  readonly why: string;
}

/**
 * What Meta matches best by, the strongest first.
 * Source: Meta, Conversions API, best practices, event match quality.
 */
const ADVICE: readonly Advice[] = [
  { fields: ['em'], place: 'context.traits.email', why: 'matches best' },
  { fields: ['fbc'], place: 'properties.fbc', why: 'the click id ties the event to an ad' },
  { fields: ['ph'], place: 'context.traits.phone', why: 'matches nearly as well as e-mail' },
  { fields: ['external_id'], place: 'userId', why: 'ties browser and server together' },
  { fields: ['fbp'], place: 'properties.fbp', why: 'the browser id ties the event to the pixel' },
  { fields: ['client_ip_address'], place: 'context.ip', why: 'with the user agent, a browser' },
  { fields: ['client_user_agent'], place: 'context.userAgent', why: 'with the IP, a browser' },
  { fields: ['fn'], place: 'context.traits.firstName', why: 'helps with address or birthday' },
  { fields: ['ln'], place: 'context.traits.lastName', why: 'helps with address or birthday' },
  { fields: ['db'], place: 'context.traits.birthday', why: 'tells people of one name apart' },
  {
    fields: ['zp', 'ct'],
    place: 'context.traits.address.postalCode',
    why: 'tells people of one name apart',
  },
  { fields: ['country'], place: 'context.traits.address.country', why: 'Meta asks for it always' },
];

/** What an event lacks of it. */
export function missingFields({ clear, personal }: NormalisedEvent): readonly Advice[] {
  const present = new Set([...Object.keys(personal), ...Object.keys(clear.user_data)]);
  return ADVICE.filter(({ fields }) => !fields.some((field) => present.has(field)));
}
