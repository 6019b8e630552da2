import type { PixelSettings } from '../event/pixel-settings.ts';
import { isPerson, isPersonalName } from '../privacy/personal-data.ts';
import { isUsableName } from '../privacy/redact.ts';
import type { FieldPath } from './field-path.ts';
import { FIELD_NAMES, type FieldRule, FREE_FIELD, fieldRule } from './field-table.ts';
import { isFault, parseSource, type SourceFault } from './parse-source.ts';
import type { Source } from './source.ts';

/** Something wrong in `fields`, and where: the field, and the position in its list. */
export interface FieldFault extends SourceFault {
  readonly at: readonly (string | number)[];
  /** A name of the list that was probably meant: the caller finds the nearest. */
  readonly known?: readonly string[];
}

export type FieldSettings = Pick<
  PixelSettings,
  'fields' | 'customDataAllowList' | 'customDataDenyList' | 'alternativeExternalIdField'
>;

/** More sources of one field are a mistake. */
const MOST_SOURCES = 20;

/** Everything that is wrong in `fields` of a pixel. */
export function fieldFaults(settings: FieldSettings): FieldFault[] {
  return Object.entries(settings.fields).flatMap(([name, written]) => {
    const fault = nameFault(name) ?? conflict(settings, name);
    if (fault !== null) return [{ at: [name], ...fault }];
    const rule = fieldRule(name);
    return rule === undefined ? [] : sourceFaults(settings, name, rule, written);
  });
}

/** Fields of Meta's that something else decides, and what that is. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['event_name', 'name the event with eventMappings'],
  ['user_data', 'name its fields, such as em'],
  ['custom_data', 'name its fields, such as value, or custom_data.<name>'],
  [
    'data_processing_options_country',
    'name data_processing_options, whose value has all three: [["LDU"], 1, 1000]',
  ],
  [
    'data_processing_options_state',
    'name data_processing_options, whose value has all three: [["LDU"], 1, 1000]',
  ],
]);

/** What others call a field, in lower case without separators → Meta's name. */
const USUAL_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    em: 'email emailaddress mail',
    ph: 'phone phonenumber mobile telephone',
    fn: 'firstname givenname',
    ln: 'lastname surname familyname',
    ge: 'gender sex',
    db: 'birthday birthdate dateofbirth dob',
    ct: 'city town',
    st: 'state province region',
    zp: 'zip zipcode postalcode postcode postal',
    country: 'countrycode',
    external_id: 'userid customerid externalid id',
    client_ip_address: 'ip ipaddress clientip',
    client_user_agent: 'useragent',
    value: 'revenue total price amount',
    event_time: 'timestamp time',
    event_source_url: 'url pageurl sourceurl',
    order_id: 'transactionid',
    search_string: 'query search',
    contents: 'products items',
  }).flatMap(([field, names]) => names.split(' ').map((name) => [name, field] as const)),
);

function nameFault(name: string): Omit<FieldFault, 'at'> | null {
  const elsewhere = ELSEWHERE.get(name);
  if (elsewhere !== undefined) return { message: 'is not set here', fix: elsewhere };
  if (fieldRule(name) === undefined) {
    const bare = name.replace(/^user_data\./, '');
    const usual = USUAL_NAMES.get(bare.toLowerCase().replace(/[^a-z]/g, ''));
    const meant = fieldRule(bare) === undefined ? usual : bare;
    if (meant !== undefined) {
      return { message: 'is no field of Meta', fix: `did you mean ${meant}?` };
    }
    return { message: 'is no field of Meta', fix: 'remove it', known: FIELD_NAMES };
  }
  return name.startsWith(FREE_FIELD) ? freeNameFault(name.slice(FREE_FIELD.length)) : null;
}

const LONGEST_NAME = 64;
const FREE_NAME = /^[^\s.[\]{}"'][^.[\]{}"']*$/;
const FORBIDDEN: ReadonlySet<string> = new Set(['constructor', 'prototype']);

function freeNameFault(name: string): SourceFault | null {
  if (fieldRule(name) !== undefined) {
    return { message: 'is a field that Meta knows', fix: `write ${name} alone` };
  }
  const isUsable = isUsableName(name) && !FORBIDDEN.has(name) && name.length <= LONGEST_NAME;
  if (!isUsable || !FREE_NAME.test(name)) {
    return { message: 'is not a usable name', fix: 'write it like custom_data.loyalty_tier' };
  }
  if (!isPersonalName(name)) return null;
  return {
    message: 'has the name of personal data, which Meta forbids in custom_data',
    fix: 'send it in user_data, such as em, ph or external_id',
  };
}

function conflict({ alternativeExternalIdField }: FieldSettings, name: string): SourceFault | null {
  if (name !== 'external_id' || alternativeExternalIdField === null) return null;
  return {
    message: 'is named, and so is alternativeExternalIdField',
    fix: 'remove alternativeExternalIdField',
  };
}

function sourceFaults(
  settings: FieldSettings,
  name: string,
  rule: FieldRule,
  written: unknown,
): FieldFault[] {
  const isList = Array.isArray(written);
  const all: readonly unknown[] = isList ? written : [written];
  if (all.length === 0 && name === 'event_time') {
    return [
      { at: [name], message: 'is empty', fix: 'name a path such as timestamp, or remove it' },
    ];
  }
  if (all.length > MOST_SOURCES) {
    const message = `has more than ${MOST_SOURCES} sources`;
    return [{ at: [name], message, fix: 'name fewer' }];
  }
  return all.flatMap((each, index) => {
    const fault = sourceFault(settings, rule, each);
    return fault === null ? [] : [{ at: isList ? [name, index] : [name], ...fault }];
  });
}

function sourceFault(
  settings: FieldSettings,
  rule: FieldRule,
  written: unknown,
): SourceFault | null {
  const source = parseSource(written);
  if (isFault(source)) return source;
  return (
    formFault(rule, source) ??
    (rule.mayBePersonal ? null : personalFault(settings, source)) ??
    (rule.group === 'custom_data' ? deniedFault(settings, source) : null)
  );
}

function formFault({ forms, accepts, expected }: FieldRule, source: Source): SourceFault | null {
  const { kind } = source;
  if (kind !== 'path' && kind !== 'template' && !forms.includes(kind)) {
    const form = { literal: 'literal value', sum: 'sum', items: 'list of items' }[kind];
    return { message: `cannot be a ${form}`, fix: 'name a path or a template' };
  }
  if (kind !== 'literal' || accepts(source.read({}))) return null;
  return { message: 'has a literal value of a wrong type', fix: `write ${expected}` };
}

const NO_STEPS: readonly string[] = [];

/** Personal data goes into fields that are hashed, and nowhere else. */
function personalFault(
  { customDataAllowList }: FieldSettings,
  { reads }: Source,
): SourceFault | null {
  const step = reads.map(personalStep).find((found) => found !== null);
  if (step === undefined || step === null || customDataAllowList.includes(step)) return null;
  return {
    message: `reads personal data (${step}), which Meta forbids outside the hashed fields of user_data`,
    fix: 'send it in user_data, such as em, ph or external_id, or add the name to customDataAllowList',
  };
}

/** The first step of a path that is the name of personal data. */
function personalStep(path: FieldPath): string | null {
  const steps = path.flat();
  const at = steps.findIndex((step, index) => {
    const before = steps[index - 1] ?? '';
    const isOfPerson = before === 'traits' || isPerson(before);
    return isPersonalName(isOfPerson ? `customer ${step}` : step);
  });
  return steps[at] ?? null;
}

function deniedFault({ customDataDenyList }: FieldSettings, { reads }: Source): SourceFault | null {
  const denied = reads
    .map(([[top, name] = NO_STEPS]) => (top === 'properties' ? name : undefined))
    .find((name) => name !== undefined && customDataDenyList.includes(name));
  if (denied === undefined) return null;
  const message = `reads ${denied}, which is one of customDataDenyList`;
  return { message, fix: 'remove it here or there' };
}
