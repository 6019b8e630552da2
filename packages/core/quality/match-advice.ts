import type { NormalisedEvent } from '../event/server-event.ts';
import { WEB_FIELDS } from '../mapping/requirements.ts';
import { type EventQuality, MATCH_KEY_FIELDS } from './dataset-quality.ts';

/** Where a Track event carries a field, fields of user_data of which one suffices, and what it does. */
type MatchField = readonly [place: string, fields: readonly string[], why: string];

/**
 * What Meta matches users by, the strongest first.
 * Source: Meta, Conversions API, best practices, event match quality.
 */
const MATCH_FIELDS: readonly MatchField[] = [
  ['context.traits.email', ['em'], 'matches best'],
  ['properties.fbc', ['fbc'], 'the click id ties the event to an ad'],
  ['context.traits.phone', ['ph'], 'matches nearly as well as e-mail'],
  ['userId', ['external_id'], 'ties browser and server together'],
  ['properties.fbp', ['fbp'], 'the browser id ties the event to the pixel'],
  ['context.ip', ['client_ip_address'], 'with the user agent, a browser'],
  ['context.userAgent', ['client_user_agent'], 'with the IP, a browser'],
  ['context.traits.firstName', ['fn'], 'helps with address or birthday'],
  ['context.traits.lastName', ['ln'], 'helps with address or birthday'],
  ['context.traits.birthday', ['db'], 'tells people of one name apart'],
  ['context.traits.address.postalCode', ['zp', 'ct'], 'tells people of one name apart'],
  ['context.traits.address.country', ['country'], 'Meta recommends it always'],
];

/** The fields of the list that an event lacks and may have: one of a chat has none of a browser. */
export function missingFields({ plain, personal }: NormalisedEvent): readonly MatchField[] {
  const present = new Set([...Object.keys(personal), ...Object.keys(plain.user_data)]);
  if (plain.action_source === 'business_messaging')
    for (const field of WEB_FIELDS) present.add(field);
  return MATCH_FIELDS.filter(([, fields]) => !fields.some((field) => present.has(field)));
}

/** What we sent: how many events, and how many of them carried each field of user_data. */
export interface SentFields {
  readonly events: number;
  readonly fields: ReadonlyMap<string, number>;
}

/** The share of the events with a field, 0 to 1; null where no event was counted. */
export function shareSent(sent: SentFields | null, field: string): number | null {
  if (sent === null || sent.events === 0) return null;
  return Math.min((sent.fields.get(field) ?? 0) / sent.events, 1);
}

/** What to send for better matches. */
export interface MatchAdvice {
  /** The path in a Track event. */
  readonly place: string;
  readonly field: string;
  readonly why: string;
  /** The share of the events that carry it now, 0 to 1. */
  readonly share: number;
  /** By how many percent more conversions were reported for similar advertisers, says Meta. */
  readonly potential: number | null;
}

/** More than this share of the events carries it: nothing to improve. */
const ENOUGH = 0.9;

/**
 * What to send, the most useful first: by what Meta promises, then by strength. What we sent says how
 * much there is of a field; where that is not known, what Meta received does.
 */
export function matchAdvice(
  sent: SentFields | null,
  events: readonly EventQuality[],
): MatchAdvice[] {
  return MATCH_FIELDS.flatMap(([place, fields, why]) => {
    const [field = ''] = fields;
    const shares = fields
      .map((each) => shareSent(sent, each) ?? shareReceived(each, events))
      .filter((share) => share !== null);
    const share = Math.max(...shares);
    if (shares.length === 0 || share >= ENOUGH) return [];
    return [{ place, field, why, share, potential: potentialOf(field, events) }];
  }).sort((a, b) => (b.potential ?? 0) - (a.potential ?? 0));
}

/** The least that any event name has. */
function shareReceived(field: string, events: readonly EventQuality[]): number | null {
  const coverages = keysOf(field, events).flatMap(({ coverage }) => coverage ?? []);
  return coverages.length === 0 ? null : Math.min(...coverages) / 100;
}

function potentialOf(field: string, events: readonly EventQuality[]): number | null {
  const potentials = keysOf(field, events).flatMap(({ potential }) => potential ?? []);
  return potentials.length === 0 ? null : Math.max(...potentials);
}

function keysOf(field: string, events: readonly EventQuality[]): EventQuality['matchKeys'] {
  return events.flatMap(({ matchKeys }) =>
    matchKeys.filter(({ key }) => (MATCH_KEY_FIELDS.get(key) ?? key) === field),
  );
}
