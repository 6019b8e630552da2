#!/usr/bin/env node
// The command. Plain JavaScript, because it must run on whatever Node the machine has: it hands over
// to the Node that package.json pins, which runs TypeScript as it is.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SERVICES = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(SERVICES);
const OLDEST_NODE = 24;
const USAGE = 2;

/** Subcommand → its entry file below services/, and its line of help. */
const COMMANDS = {
  ingest: ['ingest/main.ts', 'read Track events from Kafka, map them, queue them'],
  worker: ['worker/main.ts', 'take events from the queue, hash them, deliver them to Meta'],
  preview: ['cli/preview/main.ts', 'show what a Track event becomes, and why'],
  check: ['cli/check/main.ts', 'validate the configuration and every connection'],
  'dead-letters': [
    'cli/dead-letters/main.ts',
    'list, summarise, show, export and purge dead letters',
  ],
  replay: ['cli/replay/main.ts', 'put dead letters back into the queue'],
  sandbox: ['sandbox/main.ts', "run a local stand-in for Meta's Conversions API"],
  produce: ['cli/produce/main.ts', 'send realistic traffic, or a file of events, into Kafka'],
};

const GROUPS = [
  ['Services', ['ingest', 'worker']],
  ['Questions', ['preview', 'check']],
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

capi-relay <command> --help tells more. The configuration file is named by --config or
CAPI_RELAY_CONFIG. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
`;
}

function version() {
  return `${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}\n`;
}

function unknown(name) {
  const near = Object.keys(COMMANDS).filter(
    (known) => known.startsWith(name.slice(0, 3)) || known.includes(name),
  );
  const mend =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'capi-relay --help lists them';
  process.stderr.write(`error: there is no command "${name}": ${mend}\n`);
  process.exitCode = USAGE;
}

/** Runs an entry file in the pinned Node, as if it were this process. */
function handOver(entry, args) {
  const pinned = join(ROOT, 'node_modules/node/bin/node');
  if (!existsSync(pinned)) {
    process.stderr.write(`error: Node ${OLDEST_NODE} is missing: run npm ci in ${ROOT}\n`);
    process.exitCode = USAGE;
    return;
  }
  const child = spawn(pinned, [entry, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const each of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

async function main([name, ...args]) {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
  } else if (name === '--version' || name === '-V') {
    process.stdout.write(version());
  } else if (!Object.hasOwn(COMMANDS, name)) {
    unknown(name);
  } else {
    const entry = join(SERVICES, COMMANDS[name][0]);
    if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) return handOver(entry, args);
    process.argv.splice(1, 2, entry);
    await import(pathToFileURL(entry).href);
  }
}

await main(process.argv.slice(2));
