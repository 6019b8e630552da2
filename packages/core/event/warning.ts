/**
 * What a sender should fix in an event that is delivered anyway: code → one sentence. The codes are a
 * closed list because they label a metric. No sentence repeats a value, which may be personal.
 */
const WARNINGS = {
  missing_user_agent: 'Website events need the user agent of the browser in context.userAgent.',
  missing_source_url: 'Website events need the URL of the page in context.page.url.',
  missing_event_id: 'Without a messageId, Meta cannot recognise duplicates of this event.',
  missing_timestamp: 'The event has no timestamp; the time at which it was read is used.',
  invalid_time: 'Neither ISO 8601 nor Unix time; the next time of the event is used.',
  missing_value: 'A Purchase needs a value; 0 is sent, as the pixel settings say.',
  invalid_email: 'Not an e-mail address; not sent.',
  invalid_phone: 'Not a phone number; not sent.',
  phone_without_country:
    'The calling code could not be added; without one, Meta rarely matches the number.',
  unsplit_name:
    'A full name is not taken apart, because the order of names differs. Send firstName and lastName.',
  invalid_birthday: 'Not a date of birth; not sent.',
  ambiguous_birthday: 'Day and month are ambiguous; not sent. Write YYYY-MM-DD.',
  unsupported_gender: 'Meta accepts only f and m; not sent.',
  invalid_country: 'Not a country in ISO 3166-1; not sent.',
  invalid_postal_code: 'Not a postal code; not sent.',
  unusable_value: 'Nothing is left of this value after normalising; not sent.',
  placeholder_value: 'A placeholder for a missing value (null, undefined, N/A); not sent.',
  too_many_values: 'Only the first values of this list are sent.',
  invalid_ip: 'Not a public IPv4 or IPv6 address; not sent.',
  invalid_url: 'Not an http or https URL; not sent.',
  invalid_fbc: 'Not a valid click ID (fbc). Dropped, because Meta would reject the whole request.',
  untimely_fbc:
    'The click (fbc) is older than 90 days, or younger than the event. Dropped, because Meta does not accept it.',
  invalid_fbp:
    'Not a valid browser ID (fbp). Dropped, because Meta would reject the whole request.',
  invalid_identifier:
    'The identifier does not have the format that Meta requires; not sent in user_data.',
  invalid_opt_out: 'Neither true nor false; not sent.',
  invalid_number: 'Not a number; not sent.',
  invalid_property: 'Meta does not accept this value for this property; not sent.',
  invalid_products: 'Products must be an array of objects; not sent.',
  invalid_product: 'A product needs an ID and valid numbers; what is invalid is left out.',
  personal_data_removed:
    'Meta forbids personal data here; removed. customDataAllowList keeps a property, customDataHashList hashes it.',
  invalid_data_processing_options:
    'The data processing options cannot be read; those of the pixel settings are sent.',
  limited_data_use_without_ip: 'Meta cannot geolocate an event without context.ip.',
  incomplete_app_data:
    'App events need context.os.name and os.version, and context.device.adTrackingEnabled.',
  web_fields_removed:
    'An event of business messaging has no page, browser, IP address, fbc and fbp; not sent.',
} as const;

export type WarningCode = keyof typeof WARNINGS;

/** Every code there is. */
export const WARNING_CODES = Object.keys(WARNINGS) as readonly WarningCode[];

/**
 * Something in a delivered event that its sender should fix.
 * `path` is where it was found in the Track event (`context.traits.birthday`) and `message` never
 * repeats the value found there, which may be personal.
 */
export interface Warning {
  readonly code: WarningCode;
  readonly path: string;
  readonly message: string;
  /** The field that `fields` of the pixel fills from there; left out for its usual places. */
  readonly field?: string;
}

export function warningOf(code: WarningCode, path: string): Warning {
  return { code, path, message: WARNINGS[code] };
}
