import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { styleText } from 'node:util';
import { formatCount } from '#core/text/format.ts';
import { relayCommand } from '#local/relay-process.ts';
import type { Ledger } from '#store/status/ledger.ts';

export const say = (text: string): void => void process.stdout.write(`${text}\n`);

export function heading(text: string): void {
  say(`\n${styleText('bold', text)}\n`);
}

/** Runs one of our commands before the eyes of who looks on, as they would type it. */
export async function runShown(
  name: 'produce' | 'dead-letters' | 'replay',
  args: readonly string[],
  configuration: string,
  how: 'shown' | 'silent' = 'shown',
): Promise<void> {
  const { command, args: own } = relayCommand(`cli/${name}/main.ts`);
  const typed = args.map((arg) => (/[\s:<>]/.test(arg) ? `'${arg}'` : arg)).join(' ');
  if (how === 'shown') say(styleText('dim', `$ capi-relay ${name} ${typed}`));
  const stdio = how === 'shown' ? 'inherit' : 'ignore';
  const child = spawn(command, [...own, ...args, '--config', configuration], { stdio });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`capi-relay ${name} ${typed} ended with code ${code}`);
  if (how === 'shown') say('');
}

const HEAD = ['pixel', 'consumed', 'filtered', 'delivered', 'dead', 'in flight'];

/** The ledger of each pixel, for a terminal. */
export function ledgerTable(ledgers: ReadonlyMap<string, Ledger>): string {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(16) : cell.padStart(11))).join('');
  const rows = [...ledgers].map(([pixel, { consumed, filtered, delivered, dead, queued }]) => {
    const numbers = [consumed, filtered, delivered, dead, queued];
    return row([pixel === 'none' ? '(no pixel)' : pixel, ...numbers.map(formatCount)]);
  });
  return [row(HEAD), ...rows].join('\n');
}
