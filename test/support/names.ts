import { randomBytes } from 'node:crypto';

/** A name that no other test and no other run has: for topics, consumer groups and Redis prefixes. */
export function uniqueName(stem: string): string {
  return `${stem}-${randomBytes(6).toString('hex')}`;
}
