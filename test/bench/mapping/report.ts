import { formatCount } from '#core/text/format.ts';
/** What was fed in. */
export interface Facts {
  readonly events: number;
  /** Events that Meta's SDK throws for. */
  readonly leftOut: number;
  /** Of an event, on average. */
  readonly bytes: number;
  readonly hashes: number;
}

type Readings = Readonly<Record<string, number>>;

const MOST_US = 15;
const MOST_FLOORS = 1.5;
const TIMES_FASTER = 3;

/** What was measured, and whether it is good enough, for people. */
export function report({ events, leftOut, bytes, hashes }: Facts, µs: Readings): string {
  return `
${formatCount(events)} Track events of ${bytes.toFixed(0)} bytes with ${hashes.toFixed(1)} personal values each; ${formatCount(leftOut)} more were left out, because Meta's SDK throws for them.
µs of CPU an event; all take turns on the same events, from the parsed Track event on:

${row('', 'server event', 'and its JSON')}
${row('capi-relay: mapped and normalised', text(µs['map']), '')}
${row('capi-relay: mapped, normalised and hashed', text(µs['mapAndHash']), text(µs['json']))}
${row("Meta's Business SDK", text(µs['metaSdk']), text(µs['metaSdkJson']))}
${row("Segment's code shape", text(µs['segmentShape']), text(µs['segmentShapeJson']))}

${row('JSON.parse of the Track event', text(µs['parse']), '')}
${row('the floor: JSON.parse and 8 one-shot hashes', text(µs['parseAndHashes']), '')}

${goals(µs).join('\n')}

To the JSON: ${ratio(µs, 'metaSdkJson', 'json')} × faster than Meta's SDK, ${ratio(µs, 'segmentShapeJson', 'json')} × faster than Segment's shape.
`;
}

function goals(µs: Readings): string[] {
  const took = µs['mapAndHash'] ?? Number.NaN;
  return [
    goal('mapped, normalised and hashed in at most 15 µs', took <= MOST_US, took.toFixed(2)),
    goal(
      'that is at most 1.5 × the floor',
      took / (µs['parseAndHashes'] ?? 0) <= MOST_FLOORS,
      ratio(µs, 'mapAndHash', 'parseAndHashes'),
    ),
    faster("at least 3 × faster than Meta's SDK", µs, 'metaSdk'),
    faster("at least 3 × faster than Segment's shape", µs, 'segmentShape'),
  ];
}

function faster(what: string, µs: Readings, than: string): string {
  const times = (µs[than] ?? 0) / (µs['mapAndHash'] ?? Number.NaN);
  return goal(what, times >= TIMES_FASTER, times.toFixed(2));
}

function goal(what: string, holds: boolean, value: string): string {
  return `${holds ? 'holds ' : 'MISSED'}  ${what.padEnd(50)}${value.padStart(6)}`;
}

function ratio(µs: Readings, of: string, to: string): string {
  return ((µs[of] ?? 0) / (µs[to] ?? Number.NaN)).toFixed(2);
}

function row(what: string, event: string, json: string): string {
  return `${what.padEnd(46)}${event.padStart(13)}${json.padStart(14)}`.trimEnd();
}

function text(value: number | undefined): string {
  return (value ?? Number.NaN).toFixed(2);
}
