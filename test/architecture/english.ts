/** A turn of phrase that the project does without, and what stands in its place. */
interface Banned {
  readonly pattern: RegExp;
  readonly instead: string;
}

/** Words that no text of ours has: they are translations of another language's, or say too little. */
const BANNED: readonly Banned[] = [
  { pattern: /\bmend(?:s|ed|ing)?\b/i, instead: 'fix' },
  { pattern: /\banew\b/i, instead: 'again, or new' },
  { pattern: /\bbegin of\b/i, instead: 'start, or prefix' },
  {
    pattern: /\b(?:one|\d+) looks?\b|\blooks (?:failed|at (?:Kafka|Redis|the))/i,
    instead: 'checks',
  },
  { pattern: /\bst(?:and|ands|anding|ood) still\b/i, instead: 'is halted' },
  { pattern: /\b(?:nobody|somebody)\b/i, instead: 'no one, someone, or the role' },
  { pattern: /\bso (?:many|often)\b(?! (?:\w+ ){0,3}that\b)/i, instead: 'the number' },
  { pattern: /\blists? (?:all )?(?:the|these) words\b/i, instead: 'targets' },
  { pattern: /\bnothing (?:is )?sunk\b/i, instead: 'one bad event never sinks its batch' },
  { pattern: /(?:^|[.;:] |\/\*\* )Who(?:ever)? [a-z]+s\b(?!.*\?)/, instead: 'a subject' },
];

/** What is wrong with the English of one file, as `path:line: phrase (instead)`; nothing is right. */
export function englishFaults(path: string, text: string): string[] {
  return text.split('\n').flatMap((line, at) => {
    // Names in backquotes and single words in quotes are data: an old name, what a sender wrote.
    const words = line.replace(/`[^`]*`|'\w+'/g, '').replace(/^[\s*/#>-]+/, '');
    return BANNED.flatMap(({ pattern, instead }) => {
      const [phrase] = pattern.exec(words) ?? [];
      return phrase === undefined ? [] : [`${path}:${at + 1}: "${phrase.trim()}" (${instead})`];
    });
  });
}
