import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** Decides which addresses are proxies whose word about others is taken. */
export type IsTrusted = (address: string) => boolean;

/** @param networks addresses, or networks such as `10.0.0.0/8` */
export function createTrust(networks: readonly string[]): IsTrusted {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/**
 * Who is at the other end, as far as it can be told: the address behind all proxies that are trusted,
 * an IPv6 address by its network of 64 bits, because whoever has one address of it has all.
 *
 * @param address of the connection
 * @param forwarded the header X-Forwarded-For, to which each proxy adds whom it was asked by; what
 *   stands to the left of an address that is not trusted is anybody's invention
 */
export function clientOf(address: string, forwarded: string, isTrusted: IsTrusted): string {
  let client = plainAddress(address);
  const hops = forwarded.split(',').map((hop) => plainAddress(hop.trim()));
  while (isTrusted(client)) {
    const before = hops.pop();
    if (before === undefined || isIP(before) === 0) break;
    client = before;
  }
  return isIPv6(client) ? networkOf(client) : client;
}

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const MAPPED_HEX = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i;
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/;

/** An address without port and zone; an IPv4 address as such where the socket is one of IPv6. */
export function plainAddress(address: string): string {
  const [, inBrackets, beforePort] = WITH_PORT.exec(address) ?? [];
  const [plain = ''] = (inBrackets ?? beforePort ?? address).split('%');
  const dotted = MAPPED.exec(plain)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high, low] = MAPPED_HEX.exec(isIPv6(plain) ? canonical(plain) : '') ?? [];
  if (high === undefined || low === undefined) return plain;
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}

/** As WHATWG URLs write IPv6: lower case, the longest run of zeros left out, no dots. */
function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function networkOf(address: string): string {
  const [left = '', right] = canonical(address).split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(':')}::/64`;
}
