import pTimeout from 'p-timeout';

/** The result of one check. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'failure';
  /** What was checked: `Kafka`, `pixel 123`. */
  readonly subject: string;
  readonly message: string;
  /** How to fix it; empty when there is nothing to fix. */
  readonly fix: string;
}

export function ok(subject: string, message: string): Finding {
  return { level: 'ok', subject, message, fix: '' };
}

export function warning(subject: string, message: string, fix: string): Finding {
  return { level: 'warning', subject, message, fix };
}

export function failure(subject: string, message: string, fix: string): Finding {
  return { level: 'failure', subject, message, fix };
}

/** Called with each reason why a connection fails; a check that times out reports the last one. */
export type OnFailureReason = (error: unknown) => void;

/** Something to find out, which may take a connection. */
export interface ConnectionCheck {
  readonly subject: string;
  /** For a failure to connect. */
  readonly fix: string;
  /** What a reason why the connection fails means; null for an unknown one. */
  readonly explain?: (reason: unknown) => { problem: string; fix: string } | null;
  readonly work: (onFailureReason: OnFailureReason) => Promise<readonly Finding[]>;
}

/**
 * Runs a check; an error or a timeout becomes a failure.
 * @param timeoutMs longest time for it: a connection that hangs counts as a failure
 */
export async function runCheck(
  { subject, fix, explain = () => null, work }: ConnectionCheck,
  timeoutMs: number,
): Promise<readonly Finding[]> {
  let lastReason: unknown = null;
  const failed = (reasons: readonly unknown[], otherwise: string): Finding[] => {
    const meant = reasons.map((reason) => (reason === null ? null : explain(reason)));
    const known = meant.find((each) => each !== null);
    return [failure(subject, known?.problem ?? otherwise, known?.fix ?? fix)];
  };
  const checked = work((error) => {
    lastReason = error ?? lastReason;
  }).catch((error: unknown) => {
    const reason = lastReason ?? error;
    return failed([reason, error], `cannot be reached (${reasonOf(reason)})`);
  });
  return pTimeout(checked, {
    milliseconds: timeoutMs,
    fallback() {
      const reason = lastReason === null ? '' : ` (${reasonOf(lastReason)})`;
      return failed([lastReason], `no answer within ${timeoutMs / 1000} s${reason}`);
    },
  });
}

/** A code or a name only: a whole message may contain an address with a password. */
function reasonOf(error: unknown): string {
  if (typeof error === 'string') return /\bE[A-Z]{3,}[A-Z_]*\b/.exec(error)?.[0] ?? 'it gave up';
  const { code, name, cause, message } = error as Error & { code?: string };
  if (code !== undefined) return code;
  if (cause !== undefined) return reasonOf(cause);
  // Redis starts its error replies with a word such as WRONGPASS.
  return /^[A-Z]{4,}(?= )/.exec(message)?.[0] ?? name;
}
