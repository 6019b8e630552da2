import { DEAD_LETTER_REASONS, type DeadLetterFacts, STAGES } from '#core/dead-letter.ts';
import type { Redis } from '#queue/connection.ts';
import { readFacts } from '#queue/dead-letters.ts';
import { type Command, Option, UsageError } from '#runtime/command.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';

/** Which dead letters are meant. */
export type Selection = (facts: DeadLetterFacts) => boolean;

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The options that select dead letters; a dead letter must fulfil all that are given. */
export function selectionOptions(): Option[] {
  return [
    new Option('--pixel <id>', 'of this pixel; none: of those whose pixel could not be told'),
    new Option('--reason <word>', 'with this reason').choices([...DEAD_LETTER_REASONS]),
    new Option('--stage <word>', 'from this stage').choices([...STAGES]),
    new Option('--event <name>', "of this name, as Meta's servers know it"),
    new Option('--code <number>', "refused with this code of Meta's"),
    new Option('--since <time>', 'that died within 30m, 12h or 3d'),
    new Option('--id <id>', 'this one'),
  ];
}

export function addSelection(command: Command): Command {
  for (const option of selectionOptions()) command.addOption(option);
  return command;
}

/** True when the flags leave something out. */
export function selects(flags: Readonly<Record<string, unknown>>): boolean {
  return selectionOptions().some((option) => flags[option.attributeName()] !== undefined);
}

/** @throws UsageError that names the flag that is wrong */
export function readSelection(flags: Readonly<Record<string, unknown>>, now: number): Selection {
  const { pixel, reason, stage, event, code, since, id } = flags;
  const after = since === undefined ? null : now - readSpan(String(since));
  return (facts) =>
    (pixel === undefined || (facts.pixelId ?? 'none') === pixel) &&
    (reason === undefined || facts.reason === reason) &&
    (stage === undefined || facts.stage === stage) &&
    (event === undefined || facts.eventName === event) &&
    (code === undefined || String(facts.refusal?.code) === code) &&
    (after === null || facts.diedAt >= after) &&
    (id === undefined || facts.id === id);
}

function readSpan(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined)
    throw new UsageError(`--since "${text}" is no time: write 30m, 12h or 3d`);
  return Number(number) * factor;
}

/** The dead letters that the flags select, newest first. */
export async function* select(
  redis: Redis,
  { redis: { prefix } }: Configuration,
  flags: Readonly<Record<string, unknown>>,
): AsyncGenerator<DeadLetterFacts> {
  const isSelected = readSelection(flags, Date.now());
  for await (const facts of readFacts(redis, prefix)) if (isSelected(facts)) yield facts;
}
