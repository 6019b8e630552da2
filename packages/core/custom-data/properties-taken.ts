import type { PixelSettings } from '../event/pixel-settings.ts';
import { sourcesOf } from '../fields/field-reader.ts';
import { FREE_FIELD, fieldRule } from '../fields/field-table.ts';
import { spellings } from '../mapping/server-fields.ts';
import { STANDARD_FIELDS } from './standard-fields.ts';

/**
 * The properties that custom_data does not have by their own names, because of the fields whose sources a
 * pixel names: those that would have filled such a field, and those that go into `user_data`, or into a
 * field of the event under Meta's name. Any other property is copied, and stays.
 */
export function propertiesTaken(fields: PixelSettings['fields']): string[] {
  return Object.keys(fields).flatMap((name) => {
    const usual = STANDARD_FIELDS.filter(({ field }) => field === name);
    const field = name.startsWith(FREE_FIELD) ? name.slice(FREE_FIELD.length) : name;
    const group = fieldRule(name)?.group;
    // A property with the name of a field of app_data is that of a shop too.
    if (group === 'app_data') return [];
    const named = group === 'event' ? spellings(field) : [field];
    const taken = group === 'user_data' ? topProperties(fields, name) : named;
    return [...usual.map(({ property }) => property), ...taken];
  });
}

/** The properties that are a source of a field as a whole. */
function topProperties(fields: PixelSettings['fields'], name: string): string[] {
  return (sourcesOf(fields, name) ?? []).flatMap(({ kind, reads }) => {
    const [steps = [], ...lists] = reads[0] ?? [];
    const [top, property] = steps;
    const isProperty = kind === 'path' && top === 'properties' && lists.length === 0;
    return isProperty && steps.length === 2 && property !== undefined ? [property] : [];
  });
}
