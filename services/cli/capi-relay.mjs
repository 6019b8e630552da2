#!/usr/bin/env node
// The command. Plain JavaScript, because it must run on whatever Node the machine has. In a checkout
// it hands over to the Node that package.json pins, which runs TypeScript as it is. The npm package
// contains compiled files instead, and runs them on the Node that runs this one.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as zlib from 'node:zlib';

const SERVICES = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOT = dirname(SERVICES);
/** True in the npm package: its entry files are compiled. */
const COMPILED = existsSync(join(SERVICES, 'ingest/main.js'));
const OLDEST_NODE = COMPILED ? '22.15' : '24';
/** Whether this Node can run the entry files: events are compressed with Zstandard. */
const RUNS_HERE = COMPILED
  ? 'zstdCompressSync' in zlib
  : Number.parseInt(process.versions.node, 10) >= Number(OLDEST_NODE);
const FAILED = 1;
const USAGE = 2;

/** Heading → command → its entry file below services/, and its summary. */
const COMMANDS = JSON.parse(readFileSync(new URL('commands.json', import.meta.url), 'utf8'));

/** Former name → name; it still works, with a note. */
const RENAMED = { console: 'control' };

const EXAMPLES = `
Examples:
  capi-relay check --config capi-relay.yaml
  capi-relay ingest --config capi-relay.yaml
  capi-relay preview --config capi-relay.yaml < events.jsonl

capi-relay <command> --help explains each command.
--config or CAPI_RELAY_CONFIG names the configuration file; without either, it is
capi-relay.yaml, .yml or .json in this folder.
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.`;

function fail(message, code) {
  process.stderr.write(`error: ${message}\n`);
  process.exitCode = code;
}

/** Where compiled code is cached between runs: starting takes half as long. */
const CACHE = join(ROOT, 'node_modules/.cache/capi-relay');

/** On Linux, kills the process with this one, however this one ends. */
const SETPRIV = '/usr/bin/setpriv';

/** Runs an entry file in the pinned Node, as if it were this process. */
function handOver(entry, args) {
  const pinned = join(ROOT, 'node_modules/node/bin/node');
  if (!existsSync(pinned)) {
    fail(`Node ${OLDEST_NODE} is missing: run npm ci in ${ROOT}`, FAILED);
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
    // A terminal sends these to both processes, and a second one would mean: exit at once.
    process.on(signal, () => process.stdin.isTTY || child.kill(signal));
  }
  child.on('error', ({ code }) => fail(`${pinned} cannot be run (${code})`, FAILED));
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}

function missing() {
  const fix = COMPILED ? 'install the package again' : `run npm ci in ${ROOT}`;
  fail(`dependencies are missing: ${fix}`, FAILED);
}

async function run(file, args) {
  if (!COMPILED && /[\\/]node_modules[\\/]/.test(SERVICES)) {
    return fail(`${ROOT} is not the package: build it with make package in a checkout`, FAILED);
  }
  const entry = join(SERVICES, COMPILED ? file.replace(/\.ts$/, '.js') : file);
  if (!RUNS_HERE && COMPILED) {
    return fail(`Node ${OLDEST_NODE} or newer is needed, and this is ${process.version}`, FAILED);
  }
  if (!RUNS_HERE) return handOver(entry, args);
  nodeModule.enableCompileCache?.(CACHE);
  process.argv.splice(1, process.argv.length, entry, ...args);
  await import(pathToFileURL(entry).href).catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    missing();
  });
}

function createProgram(Command, args) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const program = new Command('capi-relay')
    .usage('<command> [options]')
    .description("Delivers Segment-spec Track events from Kafka to Meta's Conversions API.")
    .version(version, '-V, --version', 'print the release')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .configureHelp({ helpWidth: 96, subcommandTerm: (command) => command.name() })
    .showHelpAfterError('(capi-relay --help lists the commands)')
    .enablePositionalOptions()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE));
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    for (const [name, { entry, summary }] of Object.entries(commands)) {
      // The command parses its own arguments, --help among them.
      program
        .command(name)
        .helpGroup(heading)
        .description(summary)
        .argument('[args...]')
        .helpOption(false)
        .allowUnknownOption()
        .passThroughOptions()
        .action(() => run(entry, args));
    }
  }
  return program;
}

async function main([given = '--help', ...args]) {
  if (given === 'help') return main([...args, '--help']);
  const name = Object.hasOwn(RENAMED, given) ? RENAMED[given] : given;
  if (name !== given)
    process.stderr.write(`capi-relay ${given} is now called: capi-relay ${name}\n`);
  for (const commands of Object.values(COMMANDS)) {
    // Without the program around it, which would only find it in its list.
    if (Object.hasOwn(commands, name)) return run(commands[name].entry, args);
  }
  let commander;
  try {
    commander = await import('commander');
  } catch {
    return missing();
  }
  await createProgram(commander.Command, args).parseAsync([name, ...args], { from: 'user' });
}

await main(process.argv.slice(2));
