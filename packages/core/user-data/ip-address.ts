const V4_WITH_PORT = /^([\d.]{7,15}):\d{1,5}$/;
const V6_IN_BRACKETS = /^\[([\da-f:.]{2,45})(?:%[\w.-]{1,40})?\](?::\d{1,5})?$/i;
const ZONE = /%[\w.-]{1,40}$/;
const COLON = 0x3a;
const DOT = 0x2e;
const ZERO = 0x30;
const MAPPED = /^(?:::|(?:0{1,4}:){5})ffff:([\d.]{7,15})$/i;
const LONGEST = 200;

/**
 * Addresses of networks at home and in offices, of the machine itself, and of no machine: they
 * belong to thousands of people. Addresses for documentation are taken as any other.
 * Sources: RFC 1918, 1122, 3927, 6598 (IPv4); RFC 4291, 4193 (IPv6); Meta, parameter builder, which
 * leaves private addresses out.
 */
const PRIVATE_V4 =
  /^(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;
const PRIVATE_V6 = /^(?:f[cd][\da-f]{2}:|fe[89ab][\da-f]:|(?:0{0,4}:)*:?0{0,3}[01]?$)/i;

/**
 * A public IPv4 or IPv6 address as Meta takes it: without port, brackets or zone; of several hops
 * the first public one. An IPv4 address in IPv6 clothes loses them. Null when there is none.
 * Source: Meta, `client_ip_address`: "a valid IPV4 or IPV6 address".
 */
export function ipAddress(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > LONGEST) return null;
  if (isV4(value)) return PRIVATE_V4.test(value) ? null : value;
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
  if (isV4(v4)) return PRIVATE_V4.test(v4) ? null : v4;
  return isV6(address) && !PRIVATE_V6.test(address) ? address : null;
}

/** Four numbers up to 255 without leading zeros. Source: RFC 6943, section 3.1.1, strict form. */
function isV4(text: string): boolean {
  let parts = 0;
  let digits = 0;
  let part = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || ++parts > 3) return false;
      digits = 0;
      part = 0;
    } else {
      if (code < ZERO || code > ZERO + 9 || (digits > 0 && part === 0)) return false;
      part = part * 10 + code - ZERO;
      digits += 1;
      if (part > 255) return false;
    }
  }
  return parts === 3 && digits > 0;
}

/** Source: RFC 4291, section 2.2. */
function isV6(text: string): boolean {
  const tail = text.lastIndexOf(':') + 1;
  const hasV4 = text.indexOf('.', tail) !== -1;
  if (hasV4 && !isV4(text.slice(tail))) return false;
  const hexadecimal = hasV4 ? `${text.slice(0, tail)}0:0` : text;
  return hasGroups(hexadecimal);
}

/** Eight groups of up to four hexadecimal digits, or fewer where `::` stands for some. */
function hasGroups(text: string): boolean {
  let groups = 0;
  let digits = 0;
  let gap = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== COLON) {
      if (!isHexadecimal(code) || ++digits > 4) return false;
      if (digits === 1) groups += 1;
    } else {
      if (text.charCodeAt(at + 1) === COLON) {
        if (gap !== -1) return false;
        gap = at++;
      } else if (digits === 0 || at === text.length - 1) return false;
      digits = 0;
    }
  }
  return gap === -1 ? groups === 8 : groups <= 7;
}

function isHexadecimal(code: number): boolean {
  const letter = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x66);
}
