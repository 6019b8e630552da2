import type { Command } from '#process/command.ts';
import { collect } from '#process/option-values.ts';

const FILTER_HELP = `
A filter is a list of field:value terms; a dead letter must match all of them:
  reason:too_old,missing_value   any of these      -reason:too_old   all but this one
  pixel:1234567890  pixel:none   event:"Product Added"   stage:worker   code:100
  since:2h  until:2026-11-20     time of death     message:"token"   text in the message
  expires:<24h  expires:past     expires within that time, or has expired
  replays:0  attempts:>3         also id, eventid, cause, subcode, status, trace, topic,
                                 partition, offset and unknown:yes`;

/** Adds the options that select dead letters. */
export function addSelection(command: Command): Command {
  return command
    .option('-w, --where <filter>', 'a filter (see below); repeatable', collect)
    .option('--id <id>', 'a dead letter by its id, or the start of it; repeatable', collect)
    .option('--last', 'the newest dead letter')
    .addHelpText('after', FILTER_HELP);
}

/** Adds the options that say on whose behalf something is done, for the audit trail. */
export function addAccount(command: Command): Command {
  return command
    .option('--by <name>', 'who does this, for the audit trail (default: user@host)')
    .option('--reason <text>', 'why, for the audit trail');
}
