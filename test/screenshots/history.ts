import type { NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { writeMessage } from '#core/event/kafka-message.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import { deadRecord } from '#test/support/insert-dead-letters.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HORIZON_MS = 7 * 24 * HOUR_MS;

/** Events that died of one cause, and how many in each hour up to `lastHoursAgo`. */
interface Cause {
  readonly facts: Partial<NewDeadLetterFacts>;
  readonly pixelId: string;
  readonly perHour: readonly number[];
  readonly lastHoursAgo: number;
  /** How old the events were when they died. */
  readonly ageHours: number;
}

function refusal(status: number, code: number, subcode: number | null, message: string) {
  return { status, code, subcode, message, traceId: 'AkNZ2lkm5PcsX8WdYtd4Qbj', index: 0 };
}

const CAUSES: readonly Cause[] = [
  {
    pixelId: '100000000000002',
    facts: {
      reason: 'out_of_retries',
      refusal: refusal(503, 2, null, '(#2) Service temporarily unavailable'),
    },
    perHour: [12, 85, 160, 148, 90, 31, 8],
    lastHoursAgo: 3,
    ageHours: 30,
  },
  {
    pixelId: '100000000000001',
    facts: {
      reason: 'rejected_by_meta',
      attempts: 1,
      eventName: 'Subscribe',
      refusal: refusal(
        400,
        100,
        2_804_050,
        'Invalid parameter: custom_data.predicted_ltv must be a number',
      ),
    },
    perHour: [3, 9, 14, 11, 16, 8, 12, 19, 22, 17, 9, 6, 4],
    lastHoursAgo: 1,
    ageHours: 153,
  },
  {
    pixelId: '100000000000003',
    facts: {
      stage: 'ingest',
      reason: 'missing_value',
      message: 'a Purchase needs a numeric value in properties.revenue, value or total',
      eventName: 'Order Completed',
      attempts: 0,
      refusal: null,
      holds: 'message',
    },
    perHour: [2, 0, 4, 6, 3, 0, 1, 5, 8, 4, 2, 6, 3, 1, 0, 4, 7, 2],
    lastHoursAgo: 6,
    ageHours: 2,
  },
];

/** What has died over the last day, as if these had run for as long. */
export function pastDeaths(now: number): NewDeadLetter[] {
  let at = 0;
  return CAUSES.flatMap((cause) =>
    cause.perHour.flatMap((events, index) => {
      const hoursAgo = cause.lastHoursAgo + cause.perHour.length - index;
      return Array.from({ length: events }, () => {
        at += 1;
        return death(cause, at, now - hoursAgo * HOUR_MS + ((at * 37) % 60) * MINUTE_MS);
      });
    }),
  );
}

function death({ pixelId, facts, ageHours }: Cause, at: number, diedAt: number): NewDeadLetter {
  const letter = deadRecord(at, pixelId);
  const happened = diedAt - ageHours * HOUR_MS;
  const horizon = Math.floor((happened + HORIZON_MS) / 1000);
  const kafka = { topic: 'track-events', partition: at % 6, offset: at, timestamp: happened };
  const event = { type: 'track', event: facts.eventName, messageId: `m-${at}` };
  const content = writeMessage({
    key: null,
    value: Buffer.from(JSON.stringify(event)),
    headers: {},
  });
  return {
    facts: { ...letter.facts, kafka, diedAt, horizon, ...facts },
    content: facts.holds === 'message' ? content : letter.content,
  };
}
