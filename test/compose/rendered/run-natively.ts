import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { startKafka } from '#local/kafka.ts';
import { kafkaJars } from '#local/kafka-jars.ts';
import { prometheusPrograms } from '#local/prometheus.ts';
import { findProgram } from '#local/system-package.ts';
import { PROCESSES, SECRETS } from '#test/compose/compose-file.ts';
import { eventually } from '#test/support/deadline.ts';
import { inRepository } from '#test/support/in-repository.ts';

/*
 * node run-natively.ts RENDERED FOLDER: runs each service of a rendered compose file as its container would,
 * without an engine: with its command, its environment, its user and its health check. It is started in a network and
 * mounts of its own, as root. Grafana is not run, because nothing but its image has it.
 */

const SERVICE = z.object({
  command: z
    .array(z.string())
    .nullish()
    .transform((words) => words ?? []),
  entrypoint: z.array(z.string()).nullish(),
  environment: z.record(z.string(), z.string()).nullish(),
  user: z.string().default('0:0'),
  volumes: z
    .array(z.object({ type: z.string(), source: z.string(), target: z.string() }))
    .default([]),
  healthcheck: z.object({ test: z.array(z.string()).default([]) }).default({ test: [] }),
});
type Service = z.infer<typeof SERVICE>;

const [rendered = '', folder = ''] = process.argv.slice(2);
const { services } = z
  .object({ services: z.record(z.string(), SERVICE) })
  .parse(JSON.parse(readFileSync(rendered, 'utf8')));
const OFTEN = { everyMs: 250 };
const MESSAGES = 500;
/** As the image has it. */
const ENTRYPOINT = ['node', '/app/services/cli/capi-relay.mjs'];
/** Kafka's scripts start a class of its jars. */
const KAFKA_TOOLS: Readonly<Record<string, string>> = {
  '/opt/kafka/bin/kafka-topics.sh': 'org.apache.kafka.tools.TopicCommand',
  '/opt/kafka/bin/kafka-broker-api-versions.sh': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
};
/** What the images have under names that this machine does not know. */
const PROGRAMS = join(folder, 'bin');
const started = new Map<string, ChildProcess>();

function named(name: string): Service {
  const service = services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}

/** The file here that a container finds at a path: of the checkout, or of a mount. */
function here(word: string, { volumes }: Service): string {
  const [option, path] = /^--[\w.-]+=\//.test(word) ? word.split(/=(.*)/s) : [null, word];
  const mount = volumes.find(({ target, type }) => type === 'bind' && path?.startsWith(target));
  const found =
    mount === undefined
      ? path
          ?.replace(/^\/app\/healthcheck/, inRepository('deploy/image/healthcheck'))
          .replace(/^\/app\//, inRepository('./'))
          .replace(/^\/prometheus$/, join(folder, 'prometheus'))
      : path?.replace(mount.target, mount.source);
  return option === null ? (found ?? '') : `${option}=${found}`;
}

async function wordsOf(words: readonly string[], service: Service): Promise<string[]> {
  const [program = '', ...rest] = words.map((word) => here(word, service));
  const tool = KAFKA_TOOLS[words[0] ?? ''];
  if (tool !== undefined) {
    const jars = join(await kafkaJars(() => {}), '*');
    return ['java', '-Xmx256m', '-XX:+UseSerialGC', '-cp', jars, tool, ...rest];
  }
  return [program === 'node' ? process.execPath : program, ...rest];
}

/** What the image of a service puts before its command. */
async function entrypointOf(name: string): Promise<readonly string[]> {
  if (PROCESSES.includes(name)) return ENTRYPOINT;
  if (name !== 'prometheus') return [];
  const { prometheus, flags } = await prometheusPrograms(() => {});
  return [prometheus, ...flags];
}

/** The command of a service, as its user and in its environment. */
async function launch(name: string): Promise<ChildProcess> {
  const service = named(name);
  const { user, entrypoint } = service;
  const [uid, gid] = user.split(':');
  const first = entrypoint ?? (await entrypointOf(name));
  const words = await wordsOf([...first, ...service.command], service);
  const as = ['--reuid', uid ?? '0', '--regid', gid ?? '0', '--clear-groups', '--no-new-privs'];
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn('setpriv', [...as, '--inh-caps=-all', ...words], {
    env: environmentOf(service),
    cwd: folder,
    stdio: ['ignore', log, log],
  });
  started.set(name, child);
  return child;
}

function environmentOf(service: Service): NodeJS.ProcessEnv {
  const config = here('/etc/capi-relay/capi-relay.yaml', service);
  return {
    PATH: `${PROGRAMS}:${process.env['PATH']}`,
    HOME: process.env['HOME'],
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    CAPI_RELAY_CONFIG: config,
    ...(service.environment ?? {}),
  };
}

/** Runs a service that ends. */
async function complete(name: string): Promise<void> {
  const child = await launch(name);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${logOf(name)}`);
}

async function healthy(name: string): Promise<void> {
  const service = named(name);
  const [how, ...words] = service.healthcheck.test;
  if (how !== 'CMD') throw new Error(`${name} has no health check`);
  const [program = '', ...rest] = await wordsOf(words, service);
  await eventually(() => {
    const child = started.get(name);
    if (child?.exitCode != null) throw new Error(`${name} ended: ${logOf(name)}`);
    execFileSync(program, rest, { env: environmentOf(service), stdio: 'pipe' });
  }, OFTEN);
}

function logOf(name: string): string {
  return readFileSync(join(folder, `${name}.log`), 'utf8').slice(-2000);
}

/** Names, folders and users of the containers, in this network and these mounts alone. */
function furnish(): void {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  const names = Object.keys(services).join(' ');
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost ${names}\n`);
  execFileSync('mount', ['--bind', join(folder, 'hosts'), '/etc/hosts']);
  for (const place of ['/run', '/var/lib']) execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', place]);
  for (const place of [SECRETS, '/var/lib/capi-relay', join(folder, 'prometheus')]) {
    mkdirSync(place, { recursive: true });
  }
  execFileSync('chmod', ['0777', folder, join(folder, 'prometheus')]);
  // Debian's redis-tools has the server under another name, by which it acts.
  const server = findProgram('redis-server') ?? findProgram('redis-check-rdb');
  if (server === null) throw new Error('redis-server is not installed');
  mkdirSync(PROGRAMS);
  symlinkSync(server, join(PROGRAMS, 'redis-server'));
}

/** Sends events, as docs/deployment.md does with the container of ingest. @returns how many Meta must accept */
async function produce(): Promise<number> {
  const service = named('ingest');
  const args = ['produce', '--count', String(MESSAGES), '--bad', '0', '--json'];
  const sources = ['--sources', 'shop-eu,shop-us,shop-jp'];
  const words = await wordsOf([...ENTRYPOINT, ...args, ...sources], service);
  const config = ['--config', here('/etc/capi-relay/capi-relay.yaml', service)];
  execFileSync(words[0] ?? '', [...words.slice(1), ...config], {
    env: environmentOf(service),
    stdio: 'pipe',
  });
  return MESSAGES;
}

async function accepted(): Promise<number> {
  const answer = await fetch('http://sandbox:9200/_sandbox/state');
  return ((await answer.json()) as { totals: { unique: number } }).totals.unique;
}

async function targets(): Promise<string[]> {
  const answer = await fetch('http://prometheus:9090/api/v1/targets');
  const { data } = (await answer.json()) as { data: { activeTargets: { health: string }[] } };
  return data.activeTargets.map(({ health }) => health);
}

async function control(authorization: string | null): Promise<number> {
  const headers = authorization === null ? {} : { authorization };
  return (await fetch('http://127.0.0.1:9103/', { headers })).status;
}

async function scenario(): Promise<void> {
  furnish();
  mkdirSync(join(folder, 'kafka'));
  const kafka = await startKafka({ folder: join(folder, 'kafka'), port: 9093 }, () => {});
  try {
    await healthy('kafka');
    await launch('redis');
    await healthy('redis');
    await Promise.all([complete('secrets'), complete('topics')]);
    for (const name of PROCESSES) await launch(name);
    for (const name of PROCESSES) await healthy(name);
    await launch('prometheus');
    await healthy('prometheus');
    const expected = await produce();
    await eventually(async () => {
      if ((await accepted()) < expected) throw new Error(`${await accepted()} accepted`);
      // Prometheus knows no target in its first moment.
      const up = (await targets()).filter((health) => health === 'up');
      if (up.length < PROCESSES.length - 1) throw new Error(`${up.length} targets are up`);
    }, OFTEN);
    const password = readFileSync(join(SECRETS, 'control-password'), 'utf8');
    const login = `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`;
    const told = {
      ...{ accepted: await accepted(), expected, targets: await targets() },
      ...{ withoutPassword: await control(null), withPassword: await control(login) },
    };
    process.stdout.write(JSON.stringify({ ...told, exits: await stopAll() }));
  } finally {
    for (const child of started.values()) child.kill('SIGKILL');
    await kafka.kill();
  }
}

/** SIGTERM to each process in turn, as `docker compose stop` sends it. */
async function stopAll(): Promise<Record<string, number | null>> {
  const exits: Record<string, number | null> = {};
  for (const name of PROCESSES.toReversed()) {
    const child = started.get(name);
    if (child === undefined) continue;
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    exits[name] = child.exitCode;
  }
  return exits;
}

await scenario();
