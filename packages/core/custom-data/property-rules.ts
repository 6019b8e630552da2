import type { PixelSettings } from '../event/pixel-settings.ts';
import { sourcesOf } from '../fields/field-reader.ts';
import { FREE_FIELD, fieldRule } from '../fields/field-table.ts';
import { ACTION_SOURCE_PROPERTIES } from '../mapping/action-source.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import type { EventName } from '../mapping/event-name.ts';
import { isAbsent } from '../mapping/scalars.ts';
import { serverFieldRules, spellings } from '../mapping/server-fields.ts';
import { holdsEmail, isPersonalName } from '../privacy/personal-data.ts';
import { isUsableName, redactProperty } from '../privacy/redact.ts';
import { isInnocent, textWithoutPersonalData } from '../privacy/url.ts';
import { fillPlain, type PlainUserDataField, userDataFieldsIn } from '../user-data/fields.ts';
import { hashedProperty } from './hashed-property.ts';
import { STANDARD_FIELDS, type StandardField } from './standard-fields.ts';
import { VALUE_PROPERTIES } from './value.ts';

/** Handles one property of a Track event. */
export type PropertyRule = (draft: Draft, name: string, value: unknown) => void;

/**
 * Properties that other modules read, and that leave custom_data: those that Segment's table lists, and
 * Meta's own names of what is not custom data. All others are copied where something else reads them too.
 * Source: Segment, "Custom mappings to Facebook properties": "Any properties you send that aren't listed
 * above are sent in the custom_data".
 */
const READ_ELSEWHERE: readonly string[] = [
  ...ACTION_SOURCE_PROPERTIES,
  ...VALUE_PROPERTIES,
  'currency',
  'products',
  'contents',
  'opt_out',
  'optOut',
  'referrer_url',
  'application_tracking_enabled',
];

/** Properties that have a field of their own, whose form Meta prescribes: a hash is of no use there. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  ...READ_ELSEWHERE,
  ...STANDARD_FIELDS.map(({ property }) => property),
  ...[...userDataFieldsIn('properties').values()].map(({ key }) => key),
]);

/** True for a property that may be sent hashed, under its own name in custom_data. */
export function isHashable(name: string): boolean {
  return !OWN_FIELDS.has(name) && isUsableName(name) && !holdsEmail(name);
}

const skip: PropertyRule = () => {};

/** Takes a property into the field of custom_data that Meta has for it. */
function standard({ field, read, firstWins }: StandardField): PropertyRule {
  return (draft, name, value) => {
    if (isAbsent(value) || (firstWins && draft.custom[field] !== undefined)) return;
    const found = read(value);
    if (found === null) warn(draft, 'invalid_property', `properties.${name}`);
    else {
      const clean = typeof found === 'string' ? textWithoutPersonalData(found) : found;
      if (clean !== found) remove(draft, name, value);
      if (clean === null) return;
      draft.custom[field] = clean;
      draft.trace?.(`custom_data.${field}`, `properties.${name}`);
    }
  };
}

const remove: PropertyRule = (draft, name) => {
  warn(draft, 'personal_data_removed', `properties.${name}`);
};

/** A name that must not be quoted: it may be personal, or not valid text. */
const removeUnnamed: PropertyRule = (draft) => {
  warn(draft, 'invalid_property', 'properties');
};

/** Any other property goes to custom_data under its own name. */
const keep: PropertyRule = (draft, name, value) => keepScreened(draft, name, value, false);
const keepAlways: PropertyRule = (draft, name, value) => keepScreened(draft, name, value, true);

function keepScreened(draft: Draft, name: string, value: unknown, allowed: boolean): void {
  if (isPlain(value)) draft.custom[name] = value;
  else if (value !== null && value !== undefined) {
    const found = redactProperty(value, name, allowed);
    if (found.personal) warn(draft, 'personal_data_removed', `properties.${name}`);
    if (found.unusable) warn(draft, 'invalid_property', `properties.${name}`);
    if (found.value !== undefined) draft.custom[name] = found.value;
  }
}

/** True for a value that needs no further check: most properties. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return isInnocent(value);
  return typeof value === 'boolean' || Number.isFinite(value);
}

/** A value without the identifier's format is another thing under the same name. */
function identifier(field: PlainUserDataField): PropertyRule {
  const orElse = field.format.code === 'invalid_identifier' ? keep : skip;
  return (draft, name, value) => {
    if (!fillPlain(draft, field, value)) orElse(draft, name, value);
  };
}

/** The rule for a name in no table. */
export function ruleForOther(name: string): PropertyRule {
  if (!isUsableName(name) || holdsEmail(name)) return removeUnnamed;
  return isPersonalName(name) ? remove : keep;
}

/** The rules from tables and settings, by property name. */
export function createRules(
  settings: Pick<
    PixelSettings,
    | 'alternativeExternalIdField'
    | 'customDataAllowList'
    | 'customDataHashList'
    | 'customDataDenyList'
    | 'fields'
  >,
  names: (name: string) => EventName,
): Map<string, PropertyRule> {
  const rules = new Map<string, PropertyRule>();
  for (const row of STANDARD_FIELDS) rules.set(row.property, standard(row));
  for (const field of userDataFieldsIn('properties').values()) {
    if (!field.hashed) rules.set(field.key, identifier(field));
  }
  for (const name of settings.customDataAllowList)
    if (!rules.has(name)) rules.set(name, isUsableName(name) ? keepAlways : removeUnnamed);
  const external = /^(?:\$\.)?properties\.([^.]+)$/.exec(settings.alternativeExternalIdField ?? '');
  for (const name of READ_ELSEWHERE) rules.set(name, skip);
  for (const [name, takes] of serverFieldRules(names)) {
    rules.set(name, (draft, _, value) => {
      if (!takes(draft, name, value)) keep(draft, name, value);
    });
  }
  for (const name of settings.customDataHashList) {
    if (isHashable(name)) rules.set(name, hashedProperty(name));
  }
  if (external?.[1] !== undefined) rules.set(external[1], skip);
  for (const name of propertiesTaken(settings.fields)) rules.set(name, skip);
  for (const name of settings.customDataDenyList) rules.set(name, skip);
  return rules;
}

/**
 * The properties that custom_data does not have by their own names, because of the fields whose sources a
 * pixel names: those that would have filled such a field, and those that go into `user_data`, or into a
 * field of the event under Meta's name. Any other property is copied, and stays.
 */
function propertiesTaken(fields: PixelSettings['fields']): string[] {
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
