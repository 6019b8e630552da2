/** What one look at one thing found. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'failure';
  /** What was looked at: `Kafka`, `pixel 123`. */
  readonly subject: string;
  readonly message: string;
  /** What to do about it; empty when all is well. */
  readonly mend: string;
}

export function ok(subject: string, message: string): Finding {
  return { level: 'ok', subject, message, mend: '' };
}

export function warning(subject: string, message: string, mend: string): Finding {
  return { level: 'warning', subject, message, mend };
}

export function failure(subject: string, message: string, mend: string): Finding {
  return { level: 'failure', subject, message, mend };
}

/** No look takes longer, in ms: a connection that hangs is an answer too. */
const PATIENCE_MS = 5000;

/** Told why nothing has come of it so far; what takes too long gives the last reason. */
export type Blame = (error: unknown) => void;

/** Looks, and says so when that fails or takes too long. `mend` is what helps then. */
export async function look(
  subject: string,
  mend: string,
  work: (blame: Blame) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  let blamed: unknown = null;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => {
      const reason = blamed === null ? '' : ` (${reasonOf(blamed)})`;
      resolve([failure(subject, `no answer within ${PATIENCE_MS / 1000} s${reason}`, mend)]);
    }, PATIENCE_MS);
  });
  const looked = work((error) => {
    blamed = error ?? blamed;
  }).catch((error: unknown) => [
    failure(subject, `cannot be reached (${reasonOf(blamed ?? error)})`, mend),
  ]);
  const findings = await Promise.race([looked, late]);
  clearTimeout(timer);
  return findings;
}

/** A code or a name: whole messages may hold addresses with passwords. */
function reasonOf(error: unknown): string {
  if (typeof error === 'string') return /\bE[A-Z]{3,}[A-Z_]*\b/.exec(error)?.[0] ?? 'it gives up';
  const { code, name, cause, message } = error as Error & { code?: string };
  if (code !== undefined) return code;
  if (cause !== undefined) return reasonOf(cause);
  // Redis begins its answers with a word such as WRONGPASS.
  return /^[A-Z]{4,}(?= )/.exec(message)?.[0] ?? name;
}
