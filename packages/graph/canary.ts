import type { GraphAnswer, Outcome } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import type { GraphClient } from './client.ts';

interface CanaryOptions {
  /** Of the requests, above 0 and at most 1. */
  readonly share: number;
  /** The pixels that take part; null for all. */
  readonly pixels: ReadonlySet<string> | null;
  /** Told of every answer of a pixel that takes part, whichever version gave it. */
  readonly onAnswer: (role: CanaryRole, pixelId: string, outcome: Outcome['kind']) => void;
  /** Told once, when the canary goes back; `reason` has no data. */
  readonly onBack: (reason: string) => void;
  /** From 0 to 1. */
  readonly random?: () => number;
}

export const CANARY_ROLES = ['stable', 'canary'] as const;
export type CanaryRole = (typeof CANARY_ROLES)[number];

/** As often the stable version may accept what the canary refused. */
const MOST_WORSE = 3;

/** As many requests in a row may get no answer, or no clear one. */
const MOST_UNANSWERED = 5;

/**
 * A client that sends a share of the requests to another version of the Graph API, the canary. An
 * event never suffers from it: what the canary refuses is sent to the stable version at once, and the
 * answer of that one counts. After {@link MOST_WORSE} requests that only the stable version accepted,
 * or {@link MOST_UNANSWERED} unanswered ones in a row, everything goes to the stable version until the
 * process starts again.
 */
export function createCanaryClient(
  stable: GraphClient,
  canary: GraphClient,
  { share, pixels, onAnswer, onBack, random = Math.random }: CanaryOptions,
): GraphClient {
  let worse = 0;
  let unanswered = 0;
  const isBack = (): boolean => worse >= MOST_WORSE || unanswered >= MOST_UNANSWERED;
  /** Runs `change`, and tells when that was what ended the canary. */
  const note = (change: () => void, reason: string): void => {
    const before = isBack();
    change();
    if (!before && isBack()) onBack(reason);
  };
  const ask = async (role: CanaryRole, client: GraphClient, ...request: Request) => {
    const [pixelId, token, , signal] = request;
    const answer = await client.post(...request);
    const outcome = classify(answer, Date.now(), token);
    if (!signal.aborted) onAnswer(role, pixelId, outcome.kind);
    return { answer, outcome };
  };
  const askCanary = async (...request: Request): Promise<GraphAnswer> => {
    const tried = await ask('canary', canary, ...request);
    const { kind } = tried.outcome;
    const isUnknown = kind === 'retry' && tried.outcome.unknown;
    if (isUnknown) note(() => (unanswered += 1), 'its requests get no answer');
    else unanswered = isBack() ? unanswered : 0;
    // Meta may have accepted what it did not answer: only the sender may decide to send that again.
    if (kind === 'delivered' || isUnknown || request[3].aborted) return tried.answer;
    const { answer, outcome } = await ask('stable', stable, ...request);
    if (outcome.kind === 'delivered') {
      note(() => (worse += 1), 'it refuses what the stable version accepts');
    }
    return answer;
  };
  return {
    async post(...request) {
      const takesPart = pixels === null || pixels.has(request[0]);
      if (!takesPart) return stable.post(...request);
      if (!isBack() && random() < share) return askCanary(...request);
      return (await ask('stable', stable, ...request)).answer;
    },
    close() {
      stable.close();
      canary.close();
    },
  };
}

type Request = Parameters<GraphClient['post']>;
