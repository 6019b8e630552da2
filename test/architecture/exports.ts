/** The names that a source exports by declaring them. */
export function exportedNames(source: string): string[] {
  const declared =
    /^export (?:default )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type|enum) ([\w$]+)/gm;
  return [...source.matchAll(declared)].map((match) => match[1] ?? '');
}

/** Names that more than one file exports, each with its files: one word would have two meanings. */
export function namesExportedTwice(sources: ReadonlyMap<string, string>): string[] {
  const files = new Map<string, Set<string>>();
  for (const [path, source] of sources) {
    for (const name of exportedNames(source))
      files.set(name, (files.get(name) ?? new Set()).add(path));
  }
  return [...files]
    .filter(([, paths]) => paths.size > 1)
    .map(([name, paths]) => `${name}: ${[...paths].join(', ')}`);
}
