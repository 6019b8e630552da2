import { type Fault, isJsonObject, type JsonObject, missing } from './fault.ts';

const CONTENT_TYPES: ReadonlySet<unknown> = new Set(['product', 'product_group']);

/** Something that Meta accepts and finds of little use. */
interface Advice {
  readonly text: string;
  readonly applies: (event: JsonObject) => boolean;
}

/** Sources: Meta, server event parameters, standard parameters, data processing options. */
const ADVICE: readonly Advice[] = [
  {
    text: 'website events without client_user_agent are not used for optimisation',
    applies: (event) => lacksUserAgent(event),
  },
  {
    text: 'website events without event_source_url are not used for optimisation',
    applies: (event) => lacksUrl(event),
  },
  {
    text: 'app events without app_data are not used for optimisation',
    applies: (event) => event['action_source'] === 'app' && event['app_data'] === undefined,
  },
  {
    text: 'content_type is neither product nor product_group',
    applies: (event) => {
      const data = event['custom_data'];
      return (
        isJsonObject(data) && 'content_type' in data && !CONTENT_TYPES.has(data['content_type'])
      );
    },
  },
  {
    text: 'LDU is to be geolocated, and client_ip_address is missing',
    applies: (event) =>
      Array.isArray(event['data_processing_options']) &&
      event['data_processing_options'].length > 0 &&
      !event['data_processing_options_country'] &&
      (event['user_data'] as JsonObject)['client_ip_address'] === undefined,
  },
];

/** What the success answer's `messages` says: one sentence for each kind of advice. */
export function adviceFor(events: readonly JsonObject[]): string[] {
  const messages: string[] = [];
  for (const { text, applies } of ADVICE) {
    let count = 0;
    let first = -1;
    for (let at = 0; at < events.length; at++) {
      if (!applies(events[at] as JsonObject)) continue;
      if (count === 0) first = at;
      count += 1;
    }
    if (count > 0)
      messages.push(`${text} (${count} of ${events.length} events, first data[${first}])`);
  }
  return messages;
}

/** The strict reading: website events must have both. Source: Meta, server event parameters. */
export function websiteContext(event: JsonObject): Fault | null {
  if (lacksUserAgent(event)) return missing('client_user_agent');
  return lacksUrl(event) ? missing('event_source_url') : null;
}

function lacksUserAgent(event: JsonObject): boolean {
  return (
    event['action_source'] === 'website' &&
    (event['user_data'] as JsonObject)['client_user_agent'] === undefined
  );
}

function lacksUrl(event: JsonObject): boolean {
  return event['action_source'] === 'website' && event['event_source_url'] === undefined;
}
