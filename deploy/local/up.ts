import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { abortOnStopSignal } from '#process/lifecycle.ts';
import { preferPort } from './ports.ts';
import { watchWithPrometheus } from './prometheus.ts';
import { startRelayFleet } from './relay-fleet.ts';
import { runProgram, say } from './server.ts';
import { type LocalServices, startServices } from './services.ts';
import { end, note, runs } from './started-process.ts';
import {
  type LocalState,
  PROJECT,
  readState,
  readUpFlags,
  type UpFlags,
  writeState,
} from './state.ts';

/** Preferred ports; when one is taken, any free port replaces it. */
const PORTS = {
  kafka: 9092,
  redis: 6379,
  sandbox: 9200,
  ingest: 9101,
  control: 9103,
  prometheus: 9090,
};
const TOPIC = 'track-events';
const PATIENCE_MS = 20_000;

type Shown = Pick<LocalState, 'brokers' | 'redisUrl' | 'about'>;

function show({ brokers, redisUrl, about }: Shown, how: string): void {
  say(`Kafka          ${brokers.join()}`);
  say(`Redis          ${redisUrl}`);
  for (const line of about) say(line);
  say(`\n${how} Run this to use them regardless of the configuration file:`);
  say(`  export KAFKA_BROKERS=${brokers.join()} REDIS_URL=${redisUrl}`);
}

/** Whether all native processes run; if not, ends the others, so that all can be started again. */
async function isUp(state: LocalState): Promise<boolean> {
  const all = [...state.relay, ...state.processes];
  const running = await Promise.all(all.map(runs));
  if (running.length > 0 && running.every(Boolean)) return true;
  for (const each of all) await end(each, PATIENCE_MS);
  return false;
}

/** Servers in Docker keep their ports, because Compose leaves healthy containers alone. */
async function portsFor(state: LocalState | null): Promise<LocalState['ports']> {
  if (state?.by === 'compose') return state.ports;
  return { kafka: await preferPort(PORTS.kafka), redis: await preferPort(PORTS.redis) };
}

/** Starts servers that outlive this process; an interruption stops them again. */
async function start(flags: UpFlags, ports: LocalState['ports']): Promise<LocalServices> {
  const interruption = abortOnStopSignal();
  await mkdir(flags.folder, { recursive: true });
  const options = { ...flags, ports, outlives: true, project: PROJECT };
  const services = await startServices(options, say);
  if (!interruption.aborted) return services;
  await services.stop();
  throw new Error('interrupted');
}

async function up(flags: UpFlags): Promise<void> {
  const state = await readState(flags.folder);
  if (state !== null && (await isUp(state))) {
    show(state, 'They were up already; `make down` stops them.');
    return;
  }
  say('Starting Kafka and Redis …');
  const ports = await portsFor(state);
  const { brokers, redisUrl, by, servers } = await start(flags, ports);
  if (by === 'environment') {
    const how = 'KAFKA_BROKERS and REDIS_URL are set, so nothing was started.';
    show({ brokers, redisUrl, about: [] }, how);
    return;
  }
  const processes = await Promise.all(servers.map((server) => note(server.pid())));
  const databases = { brokers, redisUrl, by, ports, processes };
  // Written before the processes of capi-relay start, so that `down` always finds the servers.
  await writeState(flags.folder, { ...databases, relay: [], about: [] });
  const ours = flags.bare ? { relay: [], about: [] } : await startOurs(flags.folder, databases);
  await writeState(flags.folder, { ...databases, ...ours });
  show({ ...databases, ...ours }, '`make down` stops them.');
}

/** Starts the sandbox, ingest, two workers and control; they outlive this process. */
async function startOurs(
  folder: string,
  services: Pick<LocalServices, 'brokers' | 'redisUrl'>,
): Promise<Pick<LocalState, 'relay' | 'about'>> {
  say('Starting the sandbox, ingest, two workers and control …');
  const { sandbox, ingest, workers, control, configuration } = await startRelayFleet(services, {
    folder,
    topic: TOPIC,
    workers: 2,
    ports: {
      sandbox: await preferPort(PORTS.sandbox),
      ingest: await preferPort(PORTS.ingest),
      control: await preferPort(PORTS.control),
    },
    outlives: true,
  });
  const inOrder = [ingest, ...workers, control, sandbox];
  const prometheus = await watchWithPrometheus(inOrder, {
    folder: join(folder, 'prometheus'),
    port: await preferPort(PORTS.prometheus),
    say,
  });
  return {
    relay: await Promise.all([...inOrder.map(({ pid }) => pid), ...prometheus.pids].map(note)),
    about: [
      `control        ${control.url}`,
      `sandbox        ${sandbox.url}/_sandbox/state`,
      ...[ingest, ...workers].map(({ name, url }) => `${name.padEnd(14)} ${url}/metrics`),
      ...prometheus.about,
      `configuration  ${configuration}`,
    ],
  };
}

await runProgram(() => up(readUpFlags()));
