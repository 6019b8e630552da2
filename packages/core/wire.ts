import { hashPersonal } from './hash.ts';
import { HASHED_FIELDS, type NormalisedEvent, type PersonalFields } from './server-event.ts';

/** JSON of the clear part. It ends with the two brackets that close `user_data` and the event. */
export function clearJson(event: NormalisedEvent): string {
  return JSON.stringify(event.clear);
}

/** The JSON members of the hashed personal fields, `"em":"9f86…","ph":["…","…"]`, in a fixed order. */
export function hashedMembers(personal: PersonalFields): string {
  let members = '';
  for (const field of HASHED_FIELDS) {
    const value = personal[field];
    if (value === undefined) continue;
    members += members === '' ? `"${field}":` : `,"${field}":`;
    members += typeof value === 'string' ? quotedHash(value) : `[${value.map(quotedHash).join()}]`;
  }
  return members;
}

function quotedHash(value: string): string {
  return `"${hashPersonal(value)}"`;
}

/** The server event exactly as it is sent: JSON text with every personal field hashed. */
export function sentJson(event: NormalisedEvent): string {
  const clear = clearJson(event);
  const members = hashedMembers(event.personal);
  if (members === '') return clear;
  const open = clear.slice(0, -2);
  return `${open}${open.endsWith('{') ? '' : ','}${members}}}`;
}
