import pTimeout from 'p-timeout';
import { safeText } from '#process/redact.ts';

/** What a source answered, or why it did not. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** Called with each reason why a source fails; a timeout reports the last one. */
type OnFailureReason = (reason: string) => void;

/**
 * A source that answers within its deadline, in ms. A request that is still running when the next
 * one comes is not repeated: both get its answer.
 */
export function createSource<T>(
  deadlineMs: number,
  ask: (onFailureReason: OnFailureReason) => Promise<T>,
): () => Promise<Reading<T>> {
  let asked: Promise<Reading<T>> | null = null;
  let lastReason: string | null = null;
  const answer = async (): Promise<Reading<T>> => {
    try {
      return { ok: true, value: await ask((reason) => (lastReason = reason)) };
    } catch (error) {
      return { ok: false, error: safeText(lastReason ?? (error as Error).message) };
    } finally {
      asked = null;
    }
  };
  return async () => {
    if (asked === null) {
      lastReason = null;
      asked = answer();
    }
    return pTimeout(asked, {
      milliseconds: deadlineMs,
      fallback(): Reading<T> {
        const reason = lastReason === null ? '' : ` (${safeText(lastReason)})`;
        return { ok: false, error: `no answer within ${deadlineMs / 1000} s${reason}` };
      },
    });
  };
}
