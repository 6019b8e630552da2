import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { formatCount } from '#core/text/format.ts';
import { relayCommand } from '#local/relay-process.ts';
import { needles, PHONE, plantedEvent, search, TAG, VALUES_AN_EVENT } from '#test/crash/planted.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial } from '#test/crash/trial.ts';
import { PIXELS, TOKEN } from '#test/support/fleet.ts';

const execute = promisify(execFile);

const OLD_TOKEN = 'an-expired-token-of-this-fleet';
const CHUNK = 200;
const [FIRST = '', SECOND = '', THIRD = ''] = PIXELS;

/** Events of the first pixel that Meta refuses. */
const REJECTED = new Set(
  Array.from({ length: 20 }, (_, at) => `planted-${at * PIXELS.length + 3}`),
);

/** A message of Meta's that repeats what it was sent. */
const ECHO = `Invalid parameter: ${TAG}echo@example.com, 192.0.2.10, access token ${TOKEN}`;

/** Every failure there is, while personal values pass through that can be told from all others. */
export async function sealing(
  { arena, seed, say }: Bench,
  options: { readonly values: number },
): Promise<Evidence> {
  const events = Math.ceil(options.values / VALUES_AN_EVENT);
  const result = await trial(
    arena,
    {
      seed,
      say,
      ingests: 1,
      workers: 1,
      eventsPerSecond: 0,
      badShare: 0,
      graphTimeoutMs: 1000,
      sandboxArgs: [],
      sections: {
        worker: {
          port: 0,
          lockMs: 5000,
          retry: { attempts: 100, baseMs: 100, capMs: 500 },
          breaker: { baseMs: 100, capMs: 500 },
          throttle: { defaultMs: 300 },
          blocked: { probeMs: 500 },
          batch: { maxEvents: 100, lingerMs: 20 },
        },
      },
    },
    async (scene) => {
      await failInEveryWay(scene, events, say);
      return lookEverywhere(scene, say);
    },
  );
  const { found, places, controls } = result.told;
  const faults = found.slice(0, 20);
  if (controls < places)
    faults.push(`the search finds a control in ${controls} of ${places} places`);
  const notes = [
    `${formatCount(options.values)} values and ${2} tokens searched for in ${places} places: ${found.length} found`,
    `a control value, planted in the clear, was found in ${controls} of ${places} places`,
  ];
  const disturbances =
    'refusals that repeat what they were sent, 5xx, HTML, throttles, dead tokens, time-outs, unreadable messages; SIGKILL of ingest, a worker and Redis';
  return evidence(disturbances, result, result.audit.messages, { notes, faults });
}

async function failInEveryWay(scene: Scene, events: number, say: Bench['say']): Promise<void> {
  const { arena, fleet, crew, load } = scene;
  await misbehave(scene);
  for (let n = 0; n < events; n += CHUNK) {
    const planted = Array.from({ length: Math.min(CHUNK, events - n) }, (_, at) =>
      plantedEvent(n + at),
    );
    const good = planted.filter(({ id }, at) => at % 10 !== 0 && !REJECTED.has(id));
    for (const { id } of good) load.good.add(id);
    await fleet.send(planted.map(({ value }, at) => ({ key: 'k', value: spoil(value, at) })));
    await sleep(50);
  }
  say('everything is sent');
  await sleep(2000);
  await crew.kill('worker', () => 0);
  await arena.redis.kill();
  await crew.kill('ingest', () => 0);
  await arena.redis.start();
  say('ingest, a worker and Redis were killed');
  await fleet.tell('tokens', { pixel: SECOND, tokens: [TOKEN], expired: [] });
  while (await isBusy(scene)) await sleep(200);
}

/** One in ten is damaged in one of three ways: no JSON, no event name, too old. */
function spoil(value: string, at: number): string {
  if (at % 10 !== 0) return value;
  if (at % 30 === 0) return value.slice(0, -20);
  if (at % 30 === 10) return value.replace('"event":"Order Completed"', '"event":""');
  return value.replace(/"timestamp":"[^"]+"/, '"timestamp":"2020-01-01T00:00:00Z"');
}

async function misbehave({ fleet }: Scene): Promise<void> {
  await fleet.tell('behaviour', [
    { pixel: FIRST, kind: 'reject_event', eventId: [...REJECTED], message: ECHO },
    { pixel: THIRD, kind: 'status', status: 500, message: ECHO, probability: 0.3, times: 6 },
    { pixel: THIRD, kind: 'status', status: 502, body: 'html', times: 1 },
    { pixel: THIRD, kind: 'throttle', regainMinutes: 0, message: ECHO, times: 2 },
    { pixel: THIRD, kind: 'hang', when: 'after_accepting', times: 1 },
    { pixel: THIRD, kind: 'truncate', times: 1 },
    { pixel: SECOND, kind: 'token_expired', message: `Malformed access token ${TOKEN}`, times: 3 },
  ]);
  await fleet.tell('tokens', { pixel: SECOND, tokens: [OLD_TOKEN], expired: [TOKEN] });
}

async function isBusy({ fleet, crew }: Scene): Promise<boolean> {
  const ledgers = [...(await fleet.ledgers().catch(() => new Map())).values()];
  const queued = ledgers.reduce((sum, ledger) => sum + ledger.queued, 0);
  return ledgers.length === 0 || queued > 0 || crew.of('worker').length === 0;
}

/** Every place where something could have been left, with its bytes. */
async function lookEverywhere(
  { arena, fleet, crew }: Scene,
  say: Bench['say'],
): Promise<{ found: string[]; places: number; controls: number }> {
  await fleet.redis.set('control', `${TAG}control +${PHONE}00000`);
  await fleet.redis.save();
  const places = new Map<string, Buffer>();
  for (const file of await filesOf(arena.redisFolder)) places.set(file, await readFile(file));
  for (const process of fleet.processes) places.set(process.logFile, Buffer.from(process.log()));
  places.set('the log of the sandbox', Buffer.from(fleet.sandbox.log()));
  for (const { url, name } of [...crew.of('ingest'), ...crew.of('worker'), fleet.sandbox]) {
    const page = await fetch(`${url}/metrics`);
    places.set(`the metrics of ${name}`, Buffer.from(await page.text()));
  }
  for (const [name, words] of await askCommands(fleet.configuration)) places.set(name, words);
  const looked = needles([TOKEN, OLD_TOKEN]);
  say(`searching ${places.size} places`);
  const all = [...places].flatMap(([where, bytes]) => search(where, bytes, looked));
  const found = all.filter((words) => !words.includes(`${TAG}control`));
  // A dump and the append-only file hold the control themselves; other places get it beside theirs.
  const controls = [...places].filter(([where, bytes]) => {
    const own = where.endsWith('dump.rdb') || where.endsWith('incr.aof');
    const searched = own ? bytes : Buffer.concat([bytes, Buffer.from(`${TAG}control`)]);
    return search(where, searched, looked).some((words) => words.includes(`${TAG}control`));
  });
  return { found, places: places.size, controls: controls.length };
}

async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const current = names.filter((name) => name.endsWith('.rdb') || name.endsWith('incr.aof'));
  return current.map((name) => join(folder, name));
}

/** What the commands print, and what they complain about. */
async function askCommands(configuration: string): Promise<[string, Buffer][]> {
  const config = ['--config', configuration];
  const asked: [string, string[]][] = [
    ['dead-letters/main.ts', ['list', ...config, '--json']],
    ['dead-letters/main.ts', ['list', ...config]],
    ['dead-letters/main.ts', ['summary', ...config]],
    ['check/main.ts', config],
    ['replay/main.ts', ['--all', '--dry-run', ...config]],
    ['preview/main.ts', [...config, `no-such-file-${OLD_TOKEN.length}`]],
  ];
  return Promise.all(
    asked.map(async ([entry, args]) => {
      const { command, args: own } = relayCommand(`cli/${entry}`);
      const { stdout, stderr } = await execute(command, [...own, ...args], {
        maxBuffer: 2 ** 28,
      }).catch((error: { stdout?: string; stderr?: string }) => error);
      const name = `what ${entry} ${args[0]} prints`;
      return [name, Buffer.from(`${stdout ?? ''}${stderr ?? ''}`)] as [string, Buffer];
    }),
  );
}
