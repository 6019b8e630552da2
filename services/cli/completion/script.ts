import type { Command } from '#process/command.ts';
import { bashCompletion } from './bash.ts';
import { describeCommands } from './describe.ts';
import { fishCompletion } from './fish.ts';
import { zshCompletion } from './zsh.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/**
 * @param shell one of those that the command lets pass
 * @param running the command itself
 */
export async function completionScript(shell: string, running: Command): Promise<string> {
  const [, write = bashCompletion] = Object.entries(SHELLS).find(([name]) => name === shell) ?? [];
  return write(await describeCommands(running));
}
