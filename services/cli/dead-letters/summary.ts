import { BUCKET_MS } from '#core/dead-letter/groups.ts';
import { NO_NAMES, type PixelNames } from '#core/pixel-names.ts';
import { formatCount, formatDuration, formatTimeLeft, plural } from '#core/text/format.ts';
import { type DeadLetterGroup, findGroups } from '#store/dead-letters/groups.ts';
import {
  type Assessment,
  assessmentWords,
  createAssessor,
} from '#store/dead-letters/replay/assessment.ts';
import type { ActionContext } from '../action.ts';
import { printResult } from '../output/print.ts';
import { table } from '../output/table.ts';
import { cut } from '../output/text.ts';

const HEAD = ['PIXEL', 'REASON', 'CODE', 'MESSAGE', 'EVENTS', 'OLDEST', 'EXPIRES IN'];
const MESSAGE_WIDTH = 48;
/** Dead letters that are mapped again to tell what a replay would do; the oldest first. */
const MOST_ASSESSED = 20_000;

export function renderGroups(
  groups: readonly DeadLetterGroup[],
  now: number,
  names: PixelNames,
): string {
  const rows = groups.map((group) => [
    group.pixelId === null ? '(no pixel)' : names.label(group.pixelId),
    group.reason,
    group.code === null ? '–' : String(group.code),
    cut(group.message, MESSAGE_WIDTH),
    formatCount(group.events),
    age(group, now),
    expiry(group, now),
  ]);
  return table([HEAD, ...rows], HEAD.indexOf('MESSAGE'));
}

/** The groups, their total, how many expire soon, and the next command. */
export function renderDeadLetterSummary(
  groups: readonly DeadLetterGroup[],
  now: number,
  assessment: Assessment,
  names: PixelNames = NO_NAMES,
): string {
  const [largest] = groups;
  if (largest === undefined) return 'No dead letters.\n';
  const total = groups.reduce((sum, { events }) => sum + events, 0);
  const soon = groups.reduce((sum, { within }) => sum + within['24h'], 0);
  const totals = `${plural(total, 'dead letter')}. ${formatCount(soon)} expire within 24 h.`;
  const words = assessmentWords(assessment);
  return `${renderGroups(groups, now, names)}\n${totals} ${words}.\n  Next: ${nextCommand(groups)}\n`;
}

/** A replay of what can be replayed; where nothing can, what is wrong with the largest group. */
function nextCommand(groups: readonly DeadLetterGroup[]): string {
  const most = groups.reduce((a, b) => (replayableOf(b) > replayableOf(a) ? b : a));
  const where = `--where 'reason:${most.reason}'`;
  if (replayableOf(most) > 0) return `capi-relay replay ${where} --dry-run`;
  return `capi-relay dead-letters list ${where}`;
}

function replayableOf({ replay }: DeadLetterGroup): number {
  return replay?.replayable ?? 0;
}

/** Groups are dated to ten minutes. */
function age({ oldest }: DeadLetterGroup, now: number): string {
  return now - oldest < BUCKET_MS ? `< ${formatDuration(BUCKET_MS)}` : formatDuration(now - oldest);
}

function expiry({ nextHorizon, expired, events }: DeadLetterGroup, now: number): string {
  if (expired === events) return 'expired';
  const next = formatTimeLeft(nextHorizon, now);
  return expired === 0 ? next : `${next} (${formatCount(expired)} expired)`;
}

/** Counts dead letters by their groups. */
export async function summarise({
  store,
  configuration,
  names,
  where,
  filter,
  flags,
}: ActionContext): Promise<number> {
  const now = Date.now();
  const assess = createAssessor(store, () => configuration, MOST_ASSESSED);
  const assessment = await assess(where, filter, now);
  const found = await findGroups(store, filter, now, assessment);
  const named = found.map((each) => names.beside(each));
  return printResult(flags, named, renderDeadLetterSummary(found, now, assessment, names));
}
