/**
 * What a sender should mend in an event that is delivered all the same: code → one sentence. The
 * codes are a closed list because they label a metric; no sentence repeats a value, which may be
 * personal.
 */
const WARNINGS = {
  missing_user_agent: 'Website events need the user agent of the browser in context.userAgent.',
  missing_source_url: 'Website events need the URL of the page in context.page.url.',
  missing_event_id: 'Without a messageId Meta cannot tell this event from its duplicates.',
  missing_timestamp: 'The event has no timestamp: the time at which it was read stands in.',
  missing_value: 'A Purchase needs a value: 0 is sent instead, as the pixel settings say.',
  invalid_email: 'This is not an e-mail address, so it is not sent.',
  invalid_phone: 'This is not a phone number, so it is not sent.',
  phone_without_country:
    'The number could not be completed with a calling code: Meta hardly matches it without one.',
  invalid_birthday: 'This is not a date of birth, so it is not sent.',
  ambiguous_birthday: 'Day and month cannot be told apart, so it is not sent: write YYYY-MM-DD.',
  unsupported_gender: 'Meta knows only f and m, so it is not sent.',
  invalid_country: 'This is no country that ISO 3166-1 knows, so it is not sent.',
  invalid_postal_code: 'This is not a postal code, so it is not sent.',
  unusable_value: 'Nothing of this value is left after normalising, so it is not sent.',
  placeholder_value: 'This says that there is no value (null, undefined, N/A), so it is not sent.',
  too_many_values: 'Only the first values of this list are sent.',
  invalid_ip: 'This is no public IPv4 or IPv6 address, so it is not sent.',
  invalid_url: 'This is not an http or https address, so it is not sent.',
  invalid_fbc: 'This has not the form of a click id, and Meta would refuse the request: not sent.',
  invalid_fbp:
    'This has not the form of a browser id, and Meta would refuse the request: not sent.',
  invalid_identifier:
    'This identifier has not the form that Meta asks for, so it is not sent in user_data.',
  invalid_opt_out: 'This is neither true nor false, so it is not sent.',
  invalid_number: 'This is not a number, so it is not sent.',
  invalid_property: 'Meta cannot take this value for this property, so it is not sent.',
  invalid_products: 'Products must be an array of objects, so they are not sent.',
  invalid_product:
    'A product needs an id and numbers as Meta takes them: what is wrong is left out.',
  personal_data_removed:
    'Meta forbids personal data here, so it is removed; customDataAllowList keeps a property.',
  invalid_data_processing_options:
    'These data processing options cannot be read: the settings of the pixel are sent instead.',
  limited_data_use_without_ip: 'Meta cannot geolocate an event without context.ip.',
  incomplete_app_data: 'App events need the operating system in context.os.name and os.version.',
} as const;

export type WarningCode = keyof typeof WARNINGS;

/** Every code there is. */
export const WARNING_CODES = Object.keys(WARNINGS) as readonly WarningCode[];

/**
 * Something about a delivered event that its sender should mend.
 * `path` is where it was found in the Track event (`context.traits.birthday`) and `message` never
 * repeats the value found there, which may be personal.
 */
export interface Warning {
  readonly code: WarningCode;
  readonly path: string;
  readonly message: string;
}

export function warningOf(code: WarningCode, path: string): Warning {
  return { code, path, message: WARNINGS[code] };
}
