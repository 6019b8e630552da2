const V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const V4_WITH_PORT = /^([\d.]{7,15}):\d{1,5}$/;
const V6_IN_BRACKETS = /^\[([\da-f:.]{2,45})(?:%[\w.-]{1,40})?\](?::\d{1,5})?$/i;
const ZONE = /%[\w.-]{1,40}$/;
const COLON = 0x3a;
const MAPPED = /^::ffff:([\d.]{7,15})$/i;
const LONGEST = 200;

/**
 * An IPv4 or IPv6 address as Meta takes it: without port, brackets, zone or further hops. An IPv4
 * address in IPv6 clothes loses them. Null when it is none.
 * Source: Meta, `client_ip_address`: "a valid IPV4 or IPV6 address".
 */
export function ipAddress(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > LONGEST) return null;
  if (V4.test(value) || (!MAPPED.test(value) && isV6(value))) return value;
  const first = value.split(',', 1)[0]?.trim() ?? '';
  const bare = (V4_WITH_PORT.exec(first)?.[1] ?? V6_IN_BRACKETS.exec(first)?.[1] ?? first).replace(
    ZONE,
    '',
  );
  const plain = MAPPED.exec(bare)?.[1] ?? bare;
  return V4.test(plain) || isV6(plain) ? plain : null;
}

/** Source: RFC 4291, section 2.2. */
export function isV6(text: string): boolean {
  const tail = text.lastIndexOf(':') + 1;
  const hasV4 = text.indexOf('.', tail) !== -1;
  if (hasV4 && !V4.test(text.slice(tail))) return false;
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
