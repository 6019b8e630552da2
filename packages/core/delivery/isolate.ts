/**
 * How a rejected request is taken apart: into what is sent next, most suspicious first.
 *
 * With the index of the offender in Meta's answer, that event goes alone and the rest goes
 * together, so k offenders cost about 2k + 1 requests. Without it, halves, the smaller one first: no
 * more than 2·k·log₂(n/k) + 2k + 1 requests for k offenders among n, where the second half is not
 * sent as a whole once the first was accepted, because then the offender must be in it.
 *
 * A single event cannot be taken apart: it is the offender.
 */
export function takeApart<T>(events: readonly T[], index: number | null): T[][] {
  if (events.length < 2) return [];
  if (index !== null && index < events.length) {
    return [
      events.slice(index, index + 1),
      [...events.slice(0, index), ...events.slice(index + 1)],
    ];
  }
  const middle = Math.floor(events.length / 2);
  return [events.slice(0, middle), events.slice(middle)];
}
