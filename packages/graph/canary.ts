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
  /** In ms, from any moment on. */
  readonly now?: () => number;
}

export const CANARY_ROLES = ['stable', 'canary'] as const;
export type CanaryRole = (typeof CANARY_ROLES)[number];

/** As often the stable version may accept what the canary refused. */
const MOST_WORSE = 3;

/** As many requests in a row may get no answer, no clear one, or a late one. */
const MOST_DOUBTS = 5;

/** An answer is late when it takes longer than this, in ms, and than this many usual ones of the stable version. */
const LATE_MS = 2000;
const LATE_TIMES = 3;

/** Of a new answer in the usual time. */
const WEIGHT = 0.2;

/**
 * A client that sends a share of the requests to another version of the Graph API, the canary. An
 * event never suffers from it: what the canary refuses is sent to the stable version at once, and the
 * answer of that one counts. It goes back for the reasons of {@link Judgement}: then everything goes to
 * the stable version until the process starts again.
 */
export function createCanaryClient(
  stable: GraphClient,
  canary: GraphClient,
  options: CanaryOptions,
): GraphClient {
  const {
    share,
    pixels,
    onAnswer,
    random = Math.random,
    now = performance.now.bind(performance),
  } = options;
  const judgement = new Judgement(options.onBack);
  const ask = async (role: CanaryRole, client: GraphClient, ...request: Request) => {
    const [pixelId, token, , signal] = request;
    const startedAt = now();
    const answer = await client.post(...request);
    const outcome = classify(answer, Date.now(), token);
    if (!signal.aborted) onAnswer(role, pixelId, outcome.kind);
    return { answer, outcome, startedAt, ms: now() - startedAt };
  };
  const askStable = async (...request: Request) => {
    const asked = await ask('stable', stable, ...request);
    if (asked.answer.kind === 'answered') judgement.onStable(asked.ms);
    return asked;
  };
  const askCanary = async (...request: Request): Promise<GraphAnswer> => {
    judgement.underWay += 1;
    const tried = await ask('canary', canary, ...request);
    judgement.underWay -= 1;
    if (request[3].aborted) return tried.answer;
    const { kind } = tried.outcome;
    const isUnknown = kind === 'retry' && tried.outcome.unknown;
    judgement.onCanary(isUnknown, tried.startedAt, now());
    // Meta may have accepted what it did not answer: only the sender may decide to send that again.
    if (kind === 'delivered' || isUnknown) return tried.answer;
    const { answer, outcome } = await askStable(...request);
    if (outcome.kind === 'delivered') judgement.onWorse();
    return answer;
  };
  return {
    async post(...request) {
      const takesPart = pixels === null || pixels.has(request[0]);
      if (!takesPart) return stable.post(...request);
      if (judgement.maySend && random() < share) return askCanary(...request);
      return (await askStable(...request)).answer;
    },
    close() {
      stable.close();
      canary.close();
    },
  };
}

type Request = Parameters<GraphClient['post']>;

/**
 * Whether the canary goes back: after {@link MOST_WORSE} requests that only the stable version accepted,
 * or {@link MOST_DOUBTS} in a row without an answer or with a late one. After the first of these it gets
 * one request at a time, so that a version that hangs holds up no more than one. Requests that were
 * under way together count as one: a process that is paused finds all of them late.
 */
class Judgement {
  underWay = 0;
  private worse = 0;
  private doubts = 0;
  /** When the last doubt came; a request that began before says nothing new. */
  private doubtedAt = Number.NEGATIVE_INFINITY;
  /** How long the stable version usually takes, in ms; null before its first answer. */
  private usualMs: number | null = null;
  private isBack = false;
  private readonly onBack: CanaryOptions['onBack'];

  constructor(onBack: CanaryOptions['onBack']) {
    this.onBack = onBack;
  }

  /** While in doubt, the stable version is asked meanwhile: whether an answer is late shows beside its own. */
  get maySend(): boolean {
    if (this.isBack) return false;
    return this.doubts === 0 || (this.underWay === 0 && this.usualMs !== null);
  }

  onStable(ms: number): void {
    this.usualMs = this.usualMs === null ? ms : this.usualMs + WEIGHT * (ms - this.usualMs);
  }

  onCanary(isUnknown: boolean, startedAt: number, endedAt: number): void {
    const isLate = endedAt - startedAt > Math.max(LATE_MS, LATE_TIMES * (this.usualMs ?? 0));
    if (!isUnknown && !isLate) this.doubts = 0;
    else if (startedAt >= this.doubtedAt) {
      this.doubts += 1;
      this.doubtedAt = endedAt;
      const reason = isUnknown ? 'its requests get no answer' : 'it answers late';
      if (this.doubts >= MOST_DOUBTS) this.goBack(reason);
    }
  }

  onWorse(): void {
    this.worse += 1;
    if (this.worse >= MOST_WORSE) this.goBack('it refuses what the stable version accepts');
  }

  private goBack(reason: string): void {
    if (!this.isBack) this.onBack(reason);
    this.isBack = true;
  }
}
