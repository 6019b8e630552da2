import {
  createEventNames,
  DEFAULT_MAPPINGS,
  LONGEST_NAME,
  STANDARD_EVENTS,
} from '#core/mapping/event-name.ts';
import { EVENT_MAPPING_PRESETS, presetRows } from '#core/mapping/event-presets.ts';
import type { Seen } from './profile.ts';

/** A name that was seen, and Meta's event for it. */
export interface ProposedMapping extends Seen {
  readonly meta: string;
}

/** What becomes of the names that were seen. */
export interface Proposals {
  /** By the default mappings, or because the name is Meta's own. */
  readonly mapped: readonly ProposedMapping[];
  /** By presets, and the presets that do it. */
  readonly byPreset: readonly ProposedMapping[];
  readonly presets: readonly (typeof EVENT_MAPPING_PRESETS)[number][];
  /** Known names in another spelling: what eventMappings get. */
  readonly mappings: readonly ProposedMapping[];
  /** Sent as custom events, under their own names. */
  readonly custom: readonly Seen[];
  /** Too long to be sent without a mapping. */
  readonly tooLong: readonly Seen[];
}

const STANDARD: ReadonlySet<string> = new Set(STANDARD_EVENTS);

/** `order_completed`, `OrderCompleted` and `Order Completed` are the same to a person. */
function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

const BY_LETTERS: ReadonlyMap<string, string> = new Map([
  ...presetRows(EVENT_MAPPING_PRESETS)
    .toReversed()
    .map(({ from, to }) => [lettersOf(from), to] as const),
  ...STANDARD_EVENTS.map((name) => [lettersOf(name), name] as const),
  ...Object.entries(DEFAULT_MAPPINGS).map(([from, to]) => [lettersOf(from), to] as const),
]);

/** What each name becomes, and which settings of a pixel make well-known ones standard events. */
export function proposalsFor(names: readonly Seen[]): Proposals {
  const byDefault = createEventNames({}, []);
  const withPresets = EVENT_MAPPING_PRESETS.map((preset) => {
    return { preset, nameOf: createEventNames({}, [preset]) };
  });
  const mapped: ProposedMapping[] = [];
  const byPreset: ProposedMapping[] = [];
  const mappings: ProposedMapping[] = [];
  const custom: Seen[] = [];
  const tooLong: Seen[] = [];
  const presets = new Set<(typeof EVENT_MAPPING_PRESETS)[number]>();
  for (const seen of names) {
    const { value } = seen;
    const own = byDefault(value).meta;
    const preset = withPresets.find(({ nameOf }) => STANDARD.has(nameOf(value).meta ?? ''));
    const known = BY_LETTERS.get(lettersOf(value));
    if (own !== null && STANDARD.has(own)) mapped.push({ ...seen, meta: own });
    else if (preset !== undefined) {
      presets.add(preset.preset);
      byPreset.push({ ...seen, meta: preset.nameOf(value).meta ?? '' });
    } else if (known !== undefined) mappings.push({ ...seen, meta: known });
    else if ([...value].length > LONGEST_NAME) tooLong.push(seen);
    else custom.push(seen);
  }
  return { mapped, byPreset, presets: [...presets], mappings, custom, tooLong };
}
