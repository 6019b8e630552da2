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

/** Looks, and says so when that fails or takes too long. `mend` is what helps then. */
export async function look(
  subject: string,
  mend: string,
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    const words = `no answer within ${PATIENCE_MS / 1000} s`;
    timer = setTimeout(resolve, PATIENCE_MS, [failure(subject, words, mend)]);
  });
  const looked = work().catch((error: Error & { code?: string }) => [
    failure(subject, `cannot be reached (${error.code ?? error.name})`, mend),
  ]);
  const findings = await Promise.race([looked, late]);
  clearTimeout(timer);
  return findings;
}
