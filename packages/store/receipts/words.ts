import { haltWords } from '#core/delivery/halt.ts';
import { plural } from '#core/text/format.ts';
import type { TracedEvent } from './trace.ts';

/** What a step of a traced event was, for people. */
export function stepWords({
  outcome,
  reason,
  replay,
  request,
}: TracedEvent['steps'][number]): string {
  const by = replay === undefined ? '' : ` by replay ${replay}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (outcome) {
    case 'queued':
      return `queued${by}`;
    case 'filtered':
      return `filtered${why}`;
    case 'dead':
      return `dead letter${why}`;
    case 'parked':
      return 'parked: its lane was halted and its share of the queue full, so it stayed in Kafka';
    case 'delivered': {
      const { events = 0, traceId = null } = request ?? {};
      const trace = traceId === null ? '' : `, Meta's trace ID ${traceId}`;
      return `delivered${by}, in a request of ${plural(events, 'event')}${trace}`;
    }
  }
}

/** What the steps do not say of a traced event; null where they say everything. */
export function stateWords({ state, deadLetter, halt }: TracedEvent): string | null {
  if (state === 'queued')
    return `in the queue${halt === undefined ? '' : `; its lane is ${haltWords(halt)}`}`;
  if (state === 'parked') {
    const lane = halt === undefined ? 'active' : haltWords(halt);
    return `in Kafka; its lane is ${lane}, and it is read from there once that is active`;
  }
  if (state === 'unknown') return 'no longer in the queue, and no receipt says how it left';
  if (state !== 'dead') return null;
  if (deadLetter === null) return 'its dead letter is gone, as after a purge';
  return `${deadLetter.message}${deadLetter.unknown ? '; Meta may have accepted it' : ''}`;
}
