import type { Group } from '#store/dead-letters/groups.ts';

/** What differs from one message to the next of the same cause, and what stands for it. */
const VARIABLE = /(?:["'“”‘’«»…\d]|\[removed\])+/;

const SHORTEST_WORDS = 8;
const LONGEST_WORDS = 80;

/** A filter that the events of a group pass, and hardly any others. */
export function filterOfGroup(
  group: Pick<Group, 'pixelId' | 'stage' | 'reason' | 'code' | 'subcode' | 'message'>,
): string {
  const { pixelId, stage, reason, code, subcode, message } = group;
  const terms = [`reason:${reason}`, `pixel:${pixelId ?? 'none'}`, `stage:${stage}`];
  if (code !== null) terms.push(`code:${code}`);
  if (subcode !== null) terms.push(`subcode:${subcode}`);
  const words = fixedWords(message);
  if (words !== '') terms.push(`message:"${words}"`);
  return terms.join(' ');
}

/** The longest part of a message that all of its kind have. */
function fixedWords(message: string): string {
  const parts = message.split(VARIABLE).map((part) => part.trim().slice(0, LONGEST_WORDS).trim());
  const [longest = ''] = parts.sort((a, b) => b.length - a.length);
  return longest.length < SHORTEST_WORDS ? '' : longest;
}
