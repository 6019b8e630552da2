import { safeText } from '#process/safe-error.ts';

/** What a source said, or in words why it said nothing. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** Told why nothing has come of it so far; what takes too long gives the last reason. */
export type Blame = (words: string) => void;

/**
 * A source that never keeps anybody waiting for longer than its deadline, in ms. A question that is
 * still unanswered when the next one comes is not asked twice: its answer serves both.
 */
export function createSource<T>(
  deadlineMs: number,
  ask: (blame: Blame) => Promise<T>,
): () => Promise<Reading<T>> {
  let asked: Promise<Reading<T>> | null = null;
  let blamed: string | null = null;
  const answer = async (): Promise<Reading<T>> => {
    try {
      return { ok: true, value: await ask((words) => (blamed = words)) };
    } catch (error) {
      return { ok: false, error: safeText(blamed ?? (error as Error).message) };
    } finally {
      asked = null;
    }
  };
  return async () => {
    if (asked === null) {
      blamed = null;
      asked = answer();
    }
    const { promise: late, resolve } = Promise.withResolvers<Reading<T>>();
    const timer = setTimeout(() => {
      const reason = blamed === null ? '' : ` (${safeText(blamed)})`;
      resolve({ ok: false, error: `no answer within ${deadlineMs / 1000} s${reason}` });
    }, deadlineMs);
    const reading = await Promise.race([asked, late]);
    clearTimeout(timer);
    return reading;
  };
}
