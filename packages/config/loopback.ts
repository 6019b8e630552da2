import { isIPv4 } from 'node:net';

/**
 * Whether a host certainly is this machine, so that nobody else reads what is sent there.
 * @param host a name, an IPv4 address, or an IPv6 address with or without brackets
 */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (plain === 'localhost' || plain.endsWith('.localhost')) return true;
  const mapped = plain.startsWith('::ffff:') ? plain.slice('::ffff:'.length) : plain;
  return plain === '::1' || (isIPv4(mapped) && mapped.startsWith('127.'));
}
