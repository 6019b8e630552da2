/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;

const NOTHING: Json = Object.freeze({});

/** The value when it is a JSON object; null for arrays, scalars and nothing. */
export function asObject(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : null;
}

/** Names a schema of a registry: by its id, or by its GUID. */
export type SchemaKey = number | string;

/** An event, or why a value is none. With a schema where one says how the value is written. */
export type DecodedEvent = (ParsedEvent | Undecodable) & { readonly schema?: SchemaKey };

/** An event, or why a text is none. */
type ParsedEvent =
  | { readonly event: Json }
  | { readonly reason: 'invalid_event' | 'too_large'; readonly message: string };

interface Undecodable {
  readonly reason: typeof UNDECODABLE;
  readonly message: string;
}

/** The value does not decode with the schema that it names. */
export const UNDECODABLE = 'undecodable';

/** The event in the value of a Kafka message: a JSON object of at most `maxBytes`. */
export function parseEvent(value: Buffer | null, maxBytes: number): ParsedEvent {
  if (value === null || value.length === 0) return invalid('the message has no value');
  if (value.length > maxBytes) return tooLarge('message', value.length, maxBytes);
  const parsed = parseEventText('message', value.toString('utf8'));
  // JSON never starts with a zero.
  return 'reason' in parsed && value[0] === 0 ? invalid(ENCODED) : parsed;
}

const ENCODED =
  'the message is not JSON; it starts as messages do that name a schema, see schemaRegistry';

/** The event in a text, whose size is not checked. */
export function parseEventText(kind: 'message' | 'line', text: string): ParsedEvent {
  try {
    const event = asObject(JSON.parse(text));
    return event === null ? invalid(`the ${kind} is JSON, but not an object`) : { event };
  } catch {
    return invalid(`the ${kind} is not JSON`);
  }
}

export function tooLarge(
  kind: 'message' | 'event',
  bytes: number,
  maxBytes: number,
): { readonly reason: 'too_large'; readonly message: string } {
  const message = `the ${kind} has ${bytes} bytes: ingest.maxMessageBytes allows ${maxBytes}`;
  return { reason: 'too_large', message };
}

function invalid(message: string): ParsedEvent {
  return { reason: 'invalid_event', message };
}

/**
 * A Segment-spec call by its parts. A part that is absent or not an object is an empty object.
 */
export interface TrackEvent {
  readonly whole: Json;
  readonly properties: Json;
  readonly context: Json;
  readonly page: Json;
  readonly device: Json;
  readonly traits: Json;
  readonly address: Json;
}

export function partsOf(whole: Json): TrackEvent {
  const context = asObject(whole['context']) ?? NOTHING;
  const traits = asObject(context['traits']) ?? NOTHING;
  return {
    whole,
    properties: asObject(whole['properties']) ?? NOTHING,
    context,
    page: asObject(context['page']) ?? NOTHING,
    device: asObject(context['device']) ?? NOTHING,
    traits,
    address: asObject(traits['address']) ?? NOTHING,
  };
}

/** The kind of a call; `other` covers identify, group, alias and any other. */
type Call = 'track' | 'page' | 'other' | 'unreadable';

/**
 * Source: Segment Spec, common fields, `type`. The examples of Segment's documentation leave it
 * out, since its libraries fill it in: a call with an event name and no type is a Track call.
 */
export function callOf(event: Json): Call {
  const type = event['type'] ?? null;
  if (type === 'track') return 'track';
  if (type === null) return event['event'] === undefined ? 'unreadable' : 'track';
  if (typeof type !== 'string') return 'unreadable';
  const call = type.toLowerCase();
  if (call === 'track') return 'track';
  return call === 'page' || call === 'screen' ? 'page' : 'other';
}
