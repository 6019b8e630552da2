import { type DeadLetterFilter, parseFilter } from '#core/dead-letter/filter.ts';
import type { ReplaySpec } from '#store/dead-letters/replay/state.ts';

type Fields = Readonly<Record<string, string>>;

/** The fields of the replay form, as text. */
export type ReplayRequest = ReturnType<typeof readReplayRequest>;

/** A valid request. */
export interface ReplaySettings
  extends Pick<
    ReplaySpec,
    'rate' | 'max' | 'canary' | 'stopAbove' | 'includeUnknown' | 'forceLoop'
  > {
  readonly filter: DeadLetterFilter;
}

const DEFAULT_CANARY = '10';
const DEFAULT_STOP = '5';

export function readReplayRequest(given: Fields) {
  const text = (name: string): string => (given[name] ?? '').trim();
  const [where, rate, max] = [text('where'), text('rate'), text('max')];
  const canary = text('canary') || DEFAULT_CANARY;
  const stopPercent = text('stop') || DEFAULT_STOP;
  const yes = (name: string): 'yes' | '' => (text(name) === 'yes' ? 'yes' : '');
  const [all, unknown, loop] = [yes('all'), yes('unknown'), yes('loop')];
  return {
    ...{ where, rate, max, canary, stopPercent },
    ...{ all: all !== '', includeUnknown: unknown !== '', forceLoop: loop !== '' },
    /** The same request as fields of a form, and as flags of the command. */
    fields: { where, all, rate, max, canary, stop: stopPercent, unknown, loop },
    flags: [
      ...(rate === '' ? [] : [`--rate ${rate}`]),
      ...(max === '' ? [] : [`--max ${max}`]),
      ...(canary === DEFAULT_CANARY ? [] : [`--canary ${canary}`]),
      ...(stopPercent === DEFAULT_STOP ? [] : [`--stop-on-failures ${stopPercent}%`]),
      ...(unknown === '' ? [] : ['--include-unknown']),
      ...(loop === '' ? [] : ['--force-loop']),
      '--detach',
    ],
  };
}

const WHOLE = /^[1-9]\d{0,8}$/;
const PERCENT = /^\d{1,3}(\.\d+)?$/;

/** The settings that a request asks for, or what is wrong with it. */
export function parseReplayRequest(request: ReplayRequest): ReplaySettings | string {
  const { where, all, rate, max, canary, stopPercent, includeUnknown, forceLoop } = request;
  if (where === '' && !all) return 'Enter a filter, or select all dead letters.';
  const parsed = parseFilter(where);
  if (!parsed.ok) return parsed.problem;
  for (const [name, text] of [
    ['The rate', rate],
    ['The maximum', max],
  ] as const) {
    if (text !== '' && !WHOLE.test(text))
      return `${name} must be a whole number of at least 1, not “${text}”.`;
  }
  if (canary !== '0' && !WHOLE.test(canary))
    return `The canary must be a whole number, not “${canary}”.`;
  if (!PERCENT.test(stopPercent) || Number(stopPercent) > 100) {
    return `The failure limit must be a number from 0 to 100, not “${stopPercent}”.`;
  }
  return {
    filter: parsed.filter,
    rate: rate === '' ? null : Number(rate),
    max: max === '' ? null : Number(max),
    canary: Number(canary),
    stopAbove: Number(stopPercent) / 100,
    includeUnknown,
    forceLoop,
  };
}

/** The reason for the audit trail; null for an empty one. */
export function readReason({ reason = '' }: Fields): string | null {
  const text = reason.trim();
  return text === '' ? null : text.slice(0, 200);
}
