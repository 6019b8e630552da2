import { UsageError } from '#config/errors.ts';
import { plural } from '#core/text/format.ts';
import { commaList } from '#process/option-values.ts';
import type { MappedLine } from './line-mapper.ts';

const KINDS = ['reject', 'warning', 'filter'] as const;

/** What `--fail-on` can find in a result. */
export type FailureKind = (typeof KINDS)[number];

/** @throws UsageError naming the values that it does not take */
export function parseFailOn(text: string): readonly FailureKind[] {
  const given = commaList('--fail-on')(text);
  const known = given.flatMap((name) => KINDS.find((kind) => kind === name) ?? []);
  if (known.length === given.length) return known;
  const unknown = given.filter((name) => !KINDS.some((kind) => kind === name));
  const which = unknown.map((name) => `“${name}”`).join(', ');
  throw new UsageError(`--fail-on takes ${KINDS.join(', ')}, separated by commas, not ${which}`);
}

/** Findings that are listed one by one: a report of millions helps no one. */
const MOST_LISTED = 100;

/** Collects what `--fail-on` asks for: places, reasons and pixels, and nothing of the events. */
export class FailOn {
  private readonly kinds: readonly FailureKind[];
  private readonly listed: string[] = [];
  private findings = 0;
  private places = 0;
  private placesFound = 0;
  private last: string | null = null;
  private lastFound: string | null = null;

  constructor(kinds: readonly FailureKind[]) {
    this.kinds = kinds;
  }

  /** @param place such as `line 3`; its results follow each other */
  note(place: string, { pixelId, result }: Pick<MappedLine, 'pixelId' | 'result'>): void {
    if (place !== this.last) this.places += 1;
    this.last = place;
    const found = codesOf(result).filter(([kind]) => this.kinds.includes(kind));
    if (found.length > 0 && place !== this.lastFound) {
      this.placesFound += 1;
      this.lastFound = place;
    }
    const pixel = pixelId === null ? '' : `, pixel ${pixelId}`;
    for (const [kind, code] of found) {
      this.findings += 1;
      if (this.listed.length < MOST_LISTED) this.listed.push(`${place}: ${kind} ${code}${pixel}`);
    }
  }

  /**
   * The findings as text, one a line; null when there are none.
   * @param what such as `line`
   */
  report(what: string): string | null {
    if (this.findings === 0) return null;
    const more = this.findings - this.listed.length;
    const rest = more === 0 ? [] : [`… and ${more} more`];
    const of = `${this.placesFound} of ${plural(this.places, what)}`;
    const end = `--fail-on ${this.kinds.join(',')}: found in ${of}`;
    return `${[...this.listed, ...rest, end].join('\n')}\n`;
  }
}

function codesOf(result: MappedLine['result']): readonly (readonly [FailureKind, string])[] {
  if (result.outcome !== 'deliver') return [[result.outcome, result.reason]];
  return result.warnings.map(({ code }) => ['warning', code] as const);
}
