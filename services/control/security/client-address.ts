import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import proxyAddr from '@fastify/proxy-addr';
import ipaddr from 'ipaddr.js';

/** The parts of a request that tell where it comes from. */
export type AddressedRequest = Pick<IncomingMessage, 'headers'> & {
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
};

type IsTrusted = (address: string) => boolean;

/**
 * Matches addresses of trusted proxies.
 * @param networks addresses, or networks such as `10.0.0.0/8`
 */
export function createTrust(networks: readonly string[]): IsTrusted {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (given) => {
    const address = plainAddress(given);
    return isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  };
}

/**
 * The nearest address that is not a trusted proxy; whatever `X-Forwarded-For` holds to the left of it,
 * the client may have invented. An IPv6 client counts by its /64 network, because it can use every
 * address in it.
 */
export function clientOf(request: AddressedRequest, isTrusted: IsTrusted): string {
  const hops = proxyAddr.all(request as IncomingMessage, isTrusted).map(plainAddress);
  const address = hops.filter((hop) => isIP(hop) !== 0).at(-1);
  const ip = address === undefined ? null : ipaddr.parse(address);
  if (ip === null || !('parts' in ip)) return address ?? '';
  const network = ip.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}

const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/;

/** An address without port and zone, in its usual spelling; IPv4 as such where the socket is IPv6. */
export function plainAddress(address = ''): string {
  const [, inBrackets, beforePort] = WITH_PORT.exec(address) ?? [];
  const [plain = ''] = (inBrackets ?? beforePort ?? address).split('%');
  return isIP(plain) === 0 ? plain : ipaddr.process(plain).toString();
}
