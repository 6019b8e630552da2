import { mkdir } from 'node:fs/promises';
import { preferPort } from './ports.ts';
import { type LocalServices, startServices } from './services.ts';
import { end, note, runs } from './started-process.ts';
import {
  type LocalState,
  PROJECT,
  readFlags,
  readState,
  type UpFlags,
  writeState,
} from './state.ts';

const KAFKA_PORT = 9092;
const REDIS_PORT = 6379;
const PATIENCE_MS = 20_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function show({ brokers, redisUrl }: Pick<LocalState, 'brokers' | 'redisUrl'>, how: string): void {
  say(`Kafka  ${brokers.join()}`);
  say(`Redis  ${redisUrl}`);
  say(`\n${how} After this, they are used whatever a configuration file says:`);
  say(`  export KAFKA_BROKERS=${brokers.join()} REDIS_URL=${redisUrl}`);
}

/** Whether all native processes run; when not all do, the others are ended, to be started anew. */
async function isUp(state: LocalState): Promise<boolean> {
  const running = await Promise.all(state.processes.map(runs));
  if (running.length > 0 && running.every(Boolean)) return true;
  await Promise.all(state.processes.map((each) => end(each, PATIENCE_MS)));
  return false;
}

/** Those that Docker started keep their ports: it leaves alone what runs as it should. */
async function portsFor(state: LocalState | null): Promise<LocalState['ports']> {
  if (state?.by === 'compose') return state.ports;
  return { kafka: await preferPort(KAFKA_PORT), redis: await preferPort(REDIS_PORT) };
}

/** Starts them so that they outlive us; an interruption on the way ends them again. */
async function start(flags: UpFlags, ports: LocalState['ports']): Promise<LocalServices> {
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  await mkdir(flags.folder, { recursive: true });
  const options = { ...flags, ports, outlives: true, project: PROJECT };
  const services = await startServices(options, say);
  if (!interrupted) return services;
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
    show({ brokers, redisUrl }, 'KAFKA_BROKERS and REDIS_URL name them: nothing was started.');
    return;
  }
  const processes = await Promise.all(servers.map((server) => note(server.pid())));
  await writeState(flags.folder, { brokers, redisUrl, by, ports, processes });
  show({ brokers, redisUrl }, '`make down` stops them.');
}

try {
  await up(readFlags());
} catch (error) {
  process.stderr.write(`error: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
