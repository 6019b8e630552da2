import type { PixelSettings } from '../event/pixel-settings.ts';
import type { HashedField } from '../event/server-event.ts';
import { nameField, sourcesOf } from '../fields/field-reader.ts';
import type { Source } from '../fields/source.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import { isAbsent } from '../mapping/scalars.ts';
import { isPlaceholder } from '../normalise/normaliser.ts';
import { clickParameter } from '../privacy/url.ts';
import { fillField, USER_DATA_NAMES, type UserDataField, userDataField } from './fields.ts';
import { fbcOf, isClick } from './identifiers.ts';
import type { PlainField } from './table.ts';
import { readCountry, takeRaw, useCountry } from './user-data.ts';

type Settings = Pick<PixelSettings, 'fields' | 'hashExternalId'>;
type Take = (draft: Draft, to: UserDataField, value: unknown) => boolean;

/** The country comes first, because it decides how others are read. */
const NAMES: readonly (HashedField | PlainField)[] = [
  ...new Set(['country' as const, ...USER_DATA_NAMES]),
];

/** One field, and each source that it may come from, in order. */
interface OwnField {
  readonly name: string;
  readonly bit: number;
  readonly from: readonly { readonly source: Source; readonly to: UserDataField }[];
  readonly take: Take;
}

/**
 * Fills the fields of `user_data` whose sources the pixel names, each from the first value that is of use.
 * The usual places of these fields are not read afterwards. Null for a pixel that names none.
 */
export function createUserFields(settings: Settings): ((draft: Draft) => void) | null {
  const own = NAMES.flatMap((name) => ownField(settings, name) ?? []);
  if (own.length === 0) return null;
  const hasCountry = own.some(({ name }) => name === 'country');
  const country = userDataField('country', '').bit;
  return (draft) => {
    if (!hasCountry) {
      readCountry(draft);
      draft.filled |= country;
    }
    for (const field of own) fill(draft, field);
  };
}

function ownField(settings: Settings, name: HashedField | PlainField): OwnField | null {
  const sources = sourcesOf(settings.fields, name);
  if (sources === null) return null;
  const from = sources.map((source) => ({ source, to: userDataField(name, source.path) }));
  return { name, bit: userDataField(name, '').bit, from, take: takeOf(settings, name) };
}

function takeOf({ hashExternalId }: Settings, name: string): Take {
  if (name === 'fbc') return takeClickId;
  if (name === 'external_id' && !hashExternalId) {
    return (draft, to, value) => to.hashed && takeRaw(draft, to, value);
  }
  return fillField;
}

/** The field counts as filled in the end, so that its usual places are left alone. */
function fill(draft: Draft, { name, bit, from, take }: OwnField): void {
  for (const { source, to } of from) {
    const value = source.read(draft.event.whole);
    if (isAbsent(value)) continue;
    const before = draft.warnings.length;
    const isFilled = take(draft, to, value);
    nameField(draft.warnings, before, name);
    if (!isFilled) continue;
    draft.trace?.(name, source.origin);
    break;
  }
  draft.filled |= bit;
  if (name === 'country') useCountry(draft);
}

const WEB = /^https?:\/\//i;

/**
 * A click ID in Meta's form; one that is built from the `fbclid` of a URL; or from the `fbclid` itself,
 * where the last step of its path is named so.
 * Source: Meta, fbp and fbc parameters: "If the _fbc browser cookie is not available, but there is an
 * fbclid query parameter … it's still possible to send the fbc event parameter".
 */
const takeClickId: Take = (draft, to, value) => {
  if (typeof value !== 'string') return fillField(draft, to, value);
  const text = value.trim();
  const click = WEB.test(text) ? clickParameter(text) : clickAt(to, text);
  if (click === null) return !WEB.test(text) && fillField(draft, to, value);
  if (isClick(click)) return fillField(draft, to, fbcOf(click, draft.timeMs));
  if (click !== '') warn(draft, 'invalid_fbc', to.path);
  return false;
};

/** The text where its path says that it is a bare click. */
function clickAt({ key }: UserDataField, text: string): string | null {
  const isBare = key.toLowerCase() === 'fbclid' && isClick(text) && !isPlaceholder(text);
  return isBare ? text : null;
}
