import type { Fault } from './fault.ts';

type Listed = Fault & { readonly kind: 'listed' };

function listed(subcode: number, title: string, explanation: string): Listed {
  return { kind: 'listed', subcode, title, explanation };
}

/** Numbered refusals that say the same for every event. Source: Meta, troubleshooting. */
export const TOO_OLD = listed(
  2804003,
  'Event Timestamp Too Old',
  'This event happened too long ago: website events must arrive within 7 days of their event_time.',
);

export const TOO_OLD_IN_STORE = listed(
  2804003,
  'Event Timestamp Too Old',
  'This event happened too long ago: physical_store events must arrive within 62 days of their event_time.',
);

export const IN_FUTURE = listed(
  2804004,
  'Event Timestamp In The Future',
  'The event_time of this event lies in the future. It is Unix time in seconds, in GMT.',
);

export const PURCHASE_WITHOUT_VALUE = listed(
  2804009,
  'Missing Value For Purchase Event',
  'A Purchase event needs a numeric value in custom_data.',
);

export const PURCHASE_WITHOUT_CURRENCY = listed(
  2804010,
  'Missing Currency For Purchase Event',
  'A Purchase event needs an ISO 4217 currency in custom_data.',
);

export const NOT_ENOUGH_CUSTOMER_INFORMATION = listed(
  2804050,
  'Not Enough Customer Information',
  'This event has no customer information parameters, or a combination so broad that it is unlikely to match anybody. Add more of them.',
);

/** A required field is absent. Source: Meta, server event parameters. */
export function missing(field: string): Fault {
  return listed(
    2804019,
    'Server Side Api Parameter Error',
    `Server Side Api Parameter Error: ${field} is required`,
  );
}

/** Source: Meta, fbp and fbc parameters. */
export function malformedClickId(field: string): Fault {
  return listed(
    2804001,
    `Malformed ${field} Parameter`,
    `The ${field} parameter doesn't have the form fb.subdomainIndex.creationTime.${field === 'fbc' ? 'fbclid' : 'randomNumber'}, with the creation time in milliseconds.`,
  );
}

/** Source: Meta, customer information parameters: "hashing required". */
export function notHashed(field: string): Fault {
  return listed(
    2804016,
    'Customer Information Parameter Not Hashed',
    `The ${field} parameter isn't hashed with SHA-256. Send 64 lower-case hexadecimal characters.`,
  );
}
