/** The commands that are called in the text of a script, in lower case, each once. */
export function commandsIn(text: string): string[] {
  const calls = text.matchAll(/call\(\s*['"]([A-Za-z]+)['"]/g);
  return [...new Set([...calls].map(([, name = '']) => name.toLowerCase()))];
}
