import { formatAge, plural } from '../text/format.ts';

/** Events of a pixel that were consumed and stay in Kafka, because its lane is halted. */
interface ParkedEvents {
  readonly events: number;
  /** Unix ms. */
  readonly since: number;
  /** When Kafka may delete the first of them, Unix ms; null where that is not known. */
  readonly keptUntil: number | null;
}

/** Kafka may delete the first of them this soon, in ms: a day to replace a token, on a weekday. */
export const PARKED_ENDS_SOON_MS = 24 * 3_600_000;

/** `1,204 events parked for 3 h 5 m; Kafka keeps the first for 2 d 4 h`. */
export function parkedWords({ events, since, keptUntil }: ParkedEvents, now: number): string {
  return `${plural(events, 'event')} parked for ${formatAge(now - since)}; ${retentionWords(keptUntil, now)}`;
}

/** `Kafka keeps the first for 2 d 4 h`. */
export function retentionWords(keptUntil: number | null, now: number): string {
  if (keptUntil === null) return 'how long Kafka keeps them is not known';
  if (keptUntil === Number.POSITIVE_INFINITY) return 'Kafka keeps them';
  if (keptUntil <= now) return 'Kafka may delete the first at any moment';
  return `Kafka keeps the first for ${formatAge(keptUntil - now)}`;
}

/** Whether a person has to act, so that Kafka deletes none of them. */
export function endsSoon({ keptUntil }: Pick<ParkedEvents, 'keptUntil'>, now: number): boolean {
  return keptUntil !== null && keptUntil - now < PARKED_ENDS_SOON_MS;
}
