import { hostname, userInfo } from 'node:os';

/** Who works on dead letters, as far as the machine knows: `user@host`. */
export function thisPerson(): string {
  return `${userName()}@${hostname()}`;
}

/** A container's user need not have a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
