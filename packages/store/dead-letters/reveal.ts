import { ExpectedError } from '#config/errors.ts';
import { type AuditEntry, writeAudit } from '../status/audit.ts';
import type { Store } from '../store.ts';

/** Which dead letters are opened, on whose account, and whether somebody gets to see what is in them. */
export interface Opening {
  /** `revealed`: shown in the clear; `opened`: changed without being shown. */
  readonly action: 'revealed' | 'opened';
  /** As a filter. */
  readonly where: string;
  readonly by: string;
  readonly reason: string | null;
  /** What for, such as `edit`. */
  readonly command: string;
}

/**
 * Writes into the audit trail that dead letters are about to be opened. Wait for it before any is: what
 * cannot be recorded is not opened.
 *
 * @throws ExpectedError when the audit trail does not take it
 */
export async function recordOpening(store: Store, { command, ...opening }: Opening): Promise<void> {
  const entry: AuditEntry = { at: Date.now(), ...opening, replay: null, details: { command } };
  await writeAudit(store, entry).catch((error: Error) => {
    const words = `the audit trail cannot be written (${error.message.slice(0, 200)})`;
    throw new ExpectedError(`${words}: nothing was opened`);
  });
}
