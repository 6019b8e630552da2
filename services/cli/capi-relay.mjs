#!/usr/bin/env node
// The command. Plain JavaScript, because it must run on whatever Node the machine has: it hands over
// to the Node that package.json pins, which runs TypeScript as it is.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SERVICES = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(SERVICES);
const OLDEST_NODE = 24;
const FAILED = 1;
const USAGE = 2;

/** Subcommand → its entry file below services/, and its line of help. */
const COMMANDS = {
  ingest: ['ingest/main.ts', 'read Track events from Kafka, map them, queue them'],
  worker: ['worker/main.ts', 'take events from the queue, hash them, deliver them to Meta'],
  control: ['control/main.ts', 'serve pages for people, and do what concerns the whole fleet'],
  status: ['cli/status/main.ts', 'show on one screen whether somebody must act, and why'],
  preview: ['cli/preview/main.ts', 'show what a Track event becomes, and why'],
  check: ['cli/check/main.ts', 'validate the configuration and every connection'],
  'hash-password': ['cli/hash-password/main.ts', 'hash a password for a user of the pages'],
  'dead-letters': [
    'cli/dead-letters/main.ts',
    'list, summarise, show, export and purge dead letters',
  ],
  replay: ['cli/replay/main.ts', 'put dead letters back into the queue'],
  partitions: ['cli/partitions/main.ts', 'show how far Kafka was read; resume what is halted'],
  sandbox: ['sandbox/main.ts', "run a local stand-in for Meta's Conversions API"],
  produce: ['cli/produce/main.ts', 'send realistic traffic, or a file of events, into Kafka'],
};

/** Names of earlier releases, which still work and say their new one. */
const RENAMED = { console: 'control' };

const GROUPS = [
  ['Services', ['ingest', 'worker', 'control']],
  ['Questions', ['status', 'check', 'preview', 'partitions']],
  ['Setting up', ['hash-password']],
  ['Dead letters', ['dead-letters', 'replay']],
  ['Trying it out', ['sandbox', 'produce']],
];

function help() {
  const groups = GROUPS.map(([title, names]) => {
    const lines = names.map((name) => `  ${name.padEnd(14)}${COMMANDS[name][1]}`);
    return `${title}:\n${lines.join('\n')}`;
  });
  return `Usage: capi-relay <command> [options]

Delivers Segment-spec Track events from Kafka to Meta's Conversions API.

${groups.join('\n\n')}

Examples:
  capi-relay check --config capi-relay.yaml
  capi-relay ingest --config capi-relay.yaml
  capi-relay preview --config capi-relay.yaml < events.jsonl

capi-relay <command> --help tells more; --version prints the release.
The configuration file is named by --config or CAPI_RELAY_CONFIG.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
`;
}

function version() {
  return `${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}\n`;
}

function complain(words, code) {
  process.stderr.write(`error: ${words}\n`);
  process.exitCode = code;
}

/** A misspelt command shares most of its pairs of letters with the one that was meant. */
function nearest(name) {
  const pairs = (word) => [...word].map((letter, index) => letter + (word[index + 1] ?? ''));
  const score = (known) => {
    const shared = pairs(known).filter((pair) => pairs(name).includes(pair)).length;
    const letters = [...new Set(name)].filter((letter) => known.includes(letter)).length;
    return (shared + letters) / (known.length + name.length);
  };
  const [best] = Object.keys(COMMANDS).sort((a, b) => score(b) - score(a));
  return score(best) > 0.5 ? best : null;
}

function unknown(name) {
  const meant = nearest(name);
  const fix = meant === null ? 'capi-relay --help lists them' : `did you mean ${meant}?`;
  complain(`there is no command "${name}": ${fix}`, USAGE);
}

/** Where compiled code is kept from one run to the next: starting takes half as long. */
const CACHE = join(ROOT, 'node_modules/.cache/capi-relay');

/** Linux's way to have the process killed with this one, however this one ends. */
const SETPRIV = '/usr/bin/setpriv';

/** Runs an entry file in the pinned Node, as if it were this process. */
function handOver(entry, args) {
  const pinned = join(ROOT, 'node_modules/node/bin/node');
  if (!existsSync(pinned)) {
    complain(`Node ${OLDEST_NODE} is missing: run npm ci in ${ROOT}`, FAILED);
    return;
  }
  const bound = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL'] : [];
  const [file, ...rest] = [...bound, pinned, entry, ...args];
  const env = { NODE_COMPILE_CACHE: CACHE, ...process.env };
  const child = spawn(file, rest, { stdio: 'inherit', env });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  for (const signal of ['SIGINT', 'SIGQUIT']) {
    // A terminal sends these to both of us, and twice would mean: at once.
    process.on(signal, () => process.stdin.isTTY || child.kill(signal));
  }
  child.on('error', ({ code }) => complain(`${pinned} cannot be run (${code})`, FAILED));
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}

async function main([given, ...args]) {
  const name = Object.hasOwn(RENAMED, given) ? RENAMED[given] : given;
  if (name !== given)
    process.stderr.write(`capi-relay ${given} is now called: capi-relay ${name}\n`);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
  } else if (name === '--version' || name === '-V') {
    process.stdout.write(version());
  } else if (!Object.hasOwn(COMMANDS, name)) {
    unknown(name);
  } else {
    const entry = join(SERVICES, COMMANDS[name][0]);
    if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) return handOver(entry, args);
    nodeModule.enableCompileCache?.(CACHE);
    process.argv.splice(1, 2, entry);
    await import(pathToFileURL(entry).href);
  }
}

await main(process.argv.slice(2));
