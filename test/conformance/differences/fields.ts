/** How one field is fed to us and to Meta's libraries. */
export interface ComparedField {
  /** As people call it. */
  readonly title: string;
  /** Where a Track event has it. */
  readonly from: string;
  /** Where the server event has it. */
  readonly to: string;
  /** The object of Meta's SDK, and its setter for one value. */
  readonly sdk: readonly [object: 'user' | 'custom' | 'content' | 'event', setter: string];
  /** The SDK's setter for several values. */
  readonly severalSetter?: string;
  /** Its type in Meta's parameter builder, which knows what is hashed and nothing else. */
  readonly builder?: string;
}

/** A field that is hashed. */
function personal(
  title: string,
  [from, to]: readonly [string, string],
  [setter, severalSetter]: readonly [string, string],
  builder: string,
): ComparedField {
  return { title, from, to: `user_data.${to}`, sdk: ['user', setter], severalSetter, builder };
}

function open(title: string, from: string, to: string, sdk: ComparedField['sdk']): ComparedField {
  return { title, from, to, sdk };
}

function custom(name: string, setter: string, from = name): ComparedField {
  return open(name, `properties.${from}`, `custom_data.${name}`, ['custom', setter]);
}

const TRAITS = 'context.traits';
const ADDRESS = 'context.traits.address';
const PRODUCT = 'properties.products.0';

/** Name in inputs.json → how it is fed. */
export const FIELDS: Readonly<Record<string, ComparedField>> = {
  em: personal('E-mail address', [`${TRAITS}.email`, 'em'], ['setEmail', 'setEmails'], 'email'),
  ph: personal('Phone', [`${TRAITS}.phone`, 'ph'], ['setPhone', 'setPhones'], 'phone'),
  fn: personal(
    'First name',
    [`${TRAITS}.firstName`, 'fn'],
    ['setFirstName', 'setFirstNames'],
    'first_name',
  ),
  ln: personal(
    'Last name',
    [`${TRAITS}.lastName`, 'ln'],
    ['setLastName', 'setLastNames'],
    'last_name',
  ),
  ct: personal('City', [`${ADDRESS}.city`, 'ct'], ['setCity', 'setCities'], 'city'),
  st: personal('State', [`${ADDRESS}.state`, 'st'], ['setState', 'setStates'], 'state'),
  zp: personal('Postal code', [`${ADDRESS}.postalCode`, 'zp'], ['setZip', 'setZips'], 'zip_code'),
  country: personal(
    'Country',
    [`${ADDRESS}.country`, 'country'],
    ['setCountry', 'setCountries'],
    'country',
  ),
  ge: personal('Gender', [`${TRAITS}.gender`, 'ge'], ['setGender', 'setGenders'], 'gender'),
  db: personal(
    'Birthday',
    [`${TRAITS}.birthday`, 'db'],
    ['setDateOfBirth', 'setDatesOfBirth'],
    'date_of_birth',
  ),
  external_id: personal(
    'External id',
    ['userId', 'external_id'],
    ['setExternalId', 'setExternalIds'],
    'external_id',
  ),
  'user_data.fbc': open('Click id (fbc)', 'properties.fbc', 'user_data.fbc', ['user', 'setFbc']),
  'user_data.fbp': open('Browser id (fbp)', 'properties.fbp', 'user_data.fbp', ['user', 'setFbp']),
  'user_data.client_ip_address': open('IP address', 'context.ip', 'user_data.client_ip_address', [
    'user',
    'setClientIpAddress',
  ]),
  'user_data.client_user_agent': open(
    'User agent',
    'context.userAgent',
    'user_data.client_user_agent',
    ['user', 'setClientUserAgent'],
  ),
  event_name: open('event_name', 'event', 'event_name', ['event', 'setEventName']),
  event_time: open('event_time', 'timestamp', 'event_time', ['event', 'setEventTime']),
  event_id: open('event_id', 'messageId', 'event_id', ['event', 'setEventId']),
  action_source: open('action_source', 'properties.action_source', 'action_source', [
    'event',
    'setActionSource',
  ]),
  event_source_url: open('event_source_url', 'context.page.url', 'event_source_url', [
    'event',
    'setEventSourceUrl',
  ]),
  opt_out: open('opt_out', 'properties.opt_out', 'opt_out', ['event', 'setOptOut']),
  'custom_data.value': custom('value', 'setValue', 'revenue'),
  'custom_data.currency': custom('currency', 'setCurrency'),
  'custom_data.net_revenue': custom('net_revenue', 'setNetRevenue'),
  'custom_data.predicted_ltv': custom('predicted_ltv', 'setPredictedLtv'),
  'custom_data.num_items': custom('num_items', 'setNumItems'),
  'custom_data.content_ids': custom('content_ids', 'setContentIds'),
  'custom_data.delivery_category': custom('delivery_category', 'setDeliveryCategory'),
  'custom_data.order_id': custom('order_id', 'setOrderId'),
  'custom_data.status': custom('status', 'setStatus'),
  'custom_data.search_string': custom('search_string', 'setSearchString'),
  'contents.item_price': open(
    'item_price of contents',
    `${PRODUCT}.price`,
    'custom_data.contents.0.item_price',
    ['content', 'setItemPrice'],
  ),
  'contents.quantity': open(
    'quantity of contents',
    `${PRODUCT}.quantity`,
    'custom_data.contents.0.quantity',
    ['content', 'setQuantity'],
  ),
};
