import { isIPv4, isIPv6 } from 'node:net';

const V4_WITH_PORT = /^([\d.]{7,15}):\d{1,5}$/;
const V6_IN_BRACKETS = /^\[([\da-f:.]{2,45})(?:%[\w.-]{1,40})?\](?::\d{1,5})?$/i;
const ZONE = /%[\w.-]{1,40}$/;
const MAPPED = /^(?:::|(?:0{1,4}:){5})ffff:([\d.]{7,15})$/i;
const LONGEST = 200;

/**
 * Addresses of home and office networks, of the machine itself, and of no machine: thousands of people
 * share them. Addresses for documentation count as public.
 * Sources: RFC 1918, 1122, 3927, 6598 (IPv4); RFC 4291, 4193 (IPv6); Meta, parameter builder, which
 * leaves private addresses out.
 */
const PRIVATE_V4 =
  /^(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
const PRIVATE_V6 = /^(?:f[cd][\da-f]{2}:|fe[89ab][\da-f]:|(?:0{0,4}:)*:?0{0,3}[01]?$)/i;

/**
 * A public IPv4 or IPv6 address as Meta accepts it: without port, brackets or zone; of several hops
 * the first public one. An IPv4-mapped IPv6 address becomes the IPv4 address. Null when there is none.
 * Node's parser decides what an address is; it is strict about IPv4: four decimal numbers without
 * leading zeros (RFC 6943, section 3.1.1).
 * Source: Meta, `client_ip_address`: "a valid IPV4 or IPV6 address".
 */
export function ipAddress(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > LONGEST) return null;
  if (isIPv4(value)) return PRIVATE_V4.test(value) ? null : value;
  for (const hop of value.split(',')) {
    const address = addressOf(hop.trim());
    if (address !== null) return address;
  }
  return null;
}

function addressOf(hop: string): string | null {
  const bare = V4_WITH_PORT.exec(hop)?.[1] ?? V6_IN_BRACKETS.exec(hop)?.[1] ?? hop;
  const address = bare.replace(ZONE, '');
  const v4 = MAPPED.exec(address)?.[1] ?? address;
  if (isIPv4(v4)) return PRIVATE_V4.test(v4) ? null : v4;
  // Node accepts any zone; one that is left here is not a zone.
  if (address.includes('%') || !isIPv6(address)) return null;
  return PRIVATE_V6.test(address) ? null : address;
}
