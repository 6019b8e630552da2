import { isIPv4 } from 'node:net';
import type { JsonObject } from '../validator/fault.ts';

/** Identifier, as Meta names it → the field of user_data, and its part of a full score. */
const IDENTIFIERS: ReadonlyMap<string, readonly [field: string, weight: number]> = new Map([
  ['email', ['em', 3]],
  ['phone', ['ph', 2]],
  ['fbc', ['fbc', 1.5]],
  ['external_id', ['external_id', 1.2]],
  ['fbp', ['fbp', 1]],
  ['ip_address', ['client_ip_address', 0.7]],
  ['user_agent', ['client_user_agent', 0.6]],
]);

/** Meta recommends that the server covers this share of the browser's events. Source: Dataset Quality API. */
const GOAL = 75;
/** Event names that are counted. */
const MOST_NAMES = 500;
const MINUTE_MS = 60_000;

interface Counts {
  events: number;
  withId: number;
  withIPv4: number;
  /** Time from the event to its acceptance, in all. */
  delayMs: number;
  readonly fields: Map<string, number>;
}

/** Counts what decides about the quality of accepted events of websites: others have none. */
export class QualityTally {
  private readonly names = new Map<string, Counts>();

  /** @param now Unix ms */
  add(events: readonly JsonObject[], now: number): void {
    for (const event of events) {
      if (event['action_source'] === 'website') this.addOne(event, now);
    }
  }

  /** The `web` of Meta's answer, complete; null while there is nothing to say. */
  web(): readonly object[] | null {
    if (this.names.size === 0) return null;
    return Array.from(this.names, ([name, counts]) => qualityOf(name, counts));
  }

  private addOne(event: JsonObject, now: number): void {
    const counts = this.countsOf(event['event_name'] as string);
    if (counts === null) return;
    const user = event['user_data'] as JsonObject;
    counts.events += 1;
    counts.withId += Number(typeof event['event_id'] === 'string');
    counts.withIPv4 += Number(isIPv4(String(user['client_ip_address'])));
    counts.delayMs += Math.max(now - Number(event['event_time']) * 1000, 0);
    for (const field in user) counts.fields.set(field, (counts.fields.get(field) ?? 0) + 1);
  }

  private countsOf(name: string): Counts | null {
    const known = this.names.get(name);
    if (known !== undefined) return known;
    if (this.names.size >= MOST_NAMES) return null;
    const counts = { events: 0, withId: 0, withIPv4: 0, delayMs: 0, fields: new Map() };
    this.names.set(name, counts);
    return counts;
  }
}

/**
 * The score is the sum, over the identifiers, of their weight times the share of the events that carry
 * them: 10 when each event has all of them. Of a browser nothing is known: it is taken to have sent each
 * event too, so that those with an event id are covered and deduplicated.
 */
function qualityOf(event_name: string, counts: Counts): object {
  const { events, withId, delayMs } = counts;
  const shareOf = (n: number): number => round((n / events) * 100);
  const keys = [...IDENTIFIERS].map(([identifier, [field, weight]]) => {
    const share = shareOf(counts.fields.get(field) ?? 0);
    return { identifier, weight, share };
  });
  const score = round(keys.reduce((sum, { share, weight }) => sum + (share / 100) * weight, 0));
  const covered = shareOf(withId);
  return {
    event_name,
    event_match_quality: {
      composite_score: score,
      match_key_feedback: keys.flatMap(({ identifier, weight, share }) =>
        share > 0 ? feedback(identifier, weight, share) : [],
      ),
      diagnostics: diagnosticsOf(counts),
    },
    event_coverage: {
      percentage: covered,
      goal_percentage: GOAL,
      description: 'Share of the events of the browser that the server sent too.',
    },
    dedupe_key_feedback: [dedupeFeedback(covered)],
    data_freshness: {
      upload_frequency: frequencyOf(delayMs / events),
      description: 'How often events arrive from the server.',
    },
    acr: percentageOf(score * 4, 'Further conversions reported because of the server.'),
    event_potential_aly_acr_increase: percentageOf((10 - score) * 4, 'What more there could be.'),
  };
}

function feedback(identifier: string, weight: number, share: number) {
  return {
    identifier,
    coverage: { percentage: share },
    ...(share < 100 && {
      potential_aly_acr_increase: percentageOf(
        ((100 - share) * weight) / 10,
        `What sending ${identifier} with each event would bring.`,
      ),
    }),
  };
}

function dedupeFeedback(share: number) {
  const of = (percentage: number) => percentageOf(percentage, 'Share of the events with this key.');
  return {
    dedupe_key: 'event_id',
    browser_events_with_dedupe_key: of(100),
    server_events_with_dedupe_key: of(share),
    overall_browser_coverage_from_dedupe_key: of(share),
  };
}

function diagnosticsOf({ events, withIPv4 }: Counts) {
  if (withIPv4 === 0) return [];
  return [
    {
      name: 'Update your IPv4 IP addresses to IPv6 IP addresses',
      description: 'The server sends IPv4 addresses. IPv6 addresses last longer.',
      solution: 'Serve the site over IPv6, and send the address that the customer came from.',
      percentage: round((withIPv4 / events) * 100),
      affected_event_count: withIPv4,
      total_event_count: events,
    },
  ];
}

function frequencyOf(meanDelayMs: number): string {
  if (meanDelayMs < 10 * MINUTE_MS) return 'real_time';
  return meanDelayMs < 120 * MINUTE_MS ? 'hourly' : 'daily';
}

function percentageOf(percentage: number, description: string) {
  return { percentage: round(percentage), description };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
