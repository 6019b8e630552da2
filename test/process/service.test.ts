import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  ConfigurationFolder,
  MINIMAL,
  ref,
  SECRET,
  withPixel,
} from '#test/config/configuration-folder.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { eventually } from '#test/support/deadline.ts';
import { inRepository } from '#test/support/in-repository.ts';

const PROCESS = inRepository('packages/process');
const DOCS = inRepository('deploy/docs');
const TOKEN = 'scrape-with-this-token';

let folder: ConfigurationFolder;
beforeAll(async () => {
  folder = await ConfigurationFolder.make();
});
afterAll(() => folder.remove());

const begun: { kill(signal: NodeJS.Signals): void }[] = [];
afterEach(() => {
  for (const child of begun.splice(0)) child.kill('SIGKILL');
});

/** Runs a little service that starts and stops as told, and that fills its log with what happens. */
async function begin({
  start = '',
  stop = '',
  leave = '',
  failing,
  configure = '',
  ingest = {},
  rest = {},
  name = 'ingest',
}: {
  start?: string;
  stop?: string;
  leave?: string;
  /** The detail of a check that fails. */
  failing?: string;
  /** What follows when `pixels` are configured. */
  configure?: string;
  ingest?: object;
  name?: 'ingest' | 'worker';
  /** Other sections of the configuration. */
  rest?: object;
} = {}) {
  const own = name === 'worker' ? { worker: { port: 0 } } : {};
  const sections = { ...MINIMAL, ...own, ...rest, ingest: { port: 0, ...ingest } };
  const check = JSON.stringify({ name: 'loop', ok: failing === undefined, detail: failing });
  const configuration = await folder.write('c.yaml', sections);
  const file = await folder.write(
    'little.mjs',
    `import { existsSync } from 'node:fs';
import { configOption, createCommand, runCommand } from '${PROCESS}/command.ts';
import { runService } from '${PROCESS}/service.ts';
import { METRICS } from '${DOCS}/metrics.ts';
const command = createCommand('${name}', 'Little.', 'x').addOption(configOption());
await runCommand(command, (options) => runService('${name}', METRICS, options, async (_, metrics, logger, starting) => {
  setInterval(() => {}, 1000);
  logger.info('starting');
  ${start}
  metrics.ingestMessages.inc({ topic: 't' }, 3);
  metrics.laneLimit.set({ pixel: '1' }, 4);
  return {
    collectors: [],
    live: () => [${check}],
    ready: () => [${check}],
    async configure({ pixels }) {
      logger.info({ ids: pixels.map(({ pixelId }) => pixelId) }, 'configured');
      ${configure}
    },
    async stop() { ${stop} },
    async leave() { ${leave} },
  };
}));
`,
  );
  const child = spawn(process.execPath, [file, '--config', configuration], {
    env: bareEnvironment(),
  });
  begun.push(child);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const said = (words: string) => eventually(() => expect(out).toContain(words));
  const ask = async (path: string, { host = '127.0.0.1', headers = {} } = {}) => {
    const port = /"port":(\d+)/.exec(out)?.[1];
    const answer = await fetch(`http://${host}:${port}${path}`, { headers });
    return { status: answer.status, body: await answer.text() };
  };
  return { child, exited, said, ask, log: () => out, errors: () => err };
}

describe('a service', () => {
  test('serves its metrics, and stops in order', async () => {
    const { child, exited, said, ask } = await begin();
    await said('running');
    expect(await ask('/readyz')).toMatchObject({ status: 200 });
    await eventually(async () => {
      expect((await ask('/metrics')).body).toContain('capi_process_state{state="running"} 1');
    });
    const { body } = await ask('/metrics');
    expect(body).toContain('capi_ingest_messages_total{topic="t"} 3');
    expect(body).toContain('capi_ingest_events_total{pixel="1",outcome="enqueued"} 0');
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  test('that stops is not ready, and says so', async () => {
    const { child, said, ask } = await begin({ stop: 'await new Promise(() => {});' });
    await said('running');
    child.kill('SIGTERM');
    await said('stopping');
    expect(await ask('/readyz?verbose')).toMatchObject({
      status: 503,
      body: expect.stringContaining('stopping'),
    });
    expect(await ask('/livez')).toMatchObject({ status: 200 });
    expect((await ask('/metrics')).body).toContain('capi_process_state{state="stopping"} 1');
  });

  test('shows what it counted last for as long as it is told to linger', async () => {
    const stop = "metrics.ingestMessages.inc({ topic: 't' }, 39);";
    const { child, exited, said, ask } = await begin({ stop, ingest: { metricsLingerMs: 2000 } });
    await said('running');
    child.kill('SIGTERM');
    await eventually(async () => {
      expect((await ask('/metrics')).body).toContain('capi_ingest_messages_total{topic="t"} 42');
    });
    expect(await exited).toBe(0);
  });

  test('that is stopped while it starts ends too', async () => {
    const { child, exited, said } = await begin({ start: 'await new Promise(() => {});' });
    await said('starting');
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  const wait = `starting.onUndo(() => logger.info('undone'));
  await starting.until('Redis', async () => {
    if (!existsSync(new URL('there', import.meta.url))) throw new Error('ECONNREFUSED');
  }, () => true);`;

  test('answers while it waits, says for what, and goes on by itself', async () => {
    const { said, ask, log } = await begin({ start: wait });
    await said('waiting to start');
    expect(await ask('/livez')).toMatchObject({ status: 200 });
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('waiting for Redis: ECONNREFUSED'),
    });
    expect((await ask('/metrics')).body).toContain('capi_process_state{state="starting"} 1');
    expect(log()).toContain('"waitingFor":"Redis"');
    const there = await folder.write('there', {});
    await said('running');
    expect(log().match(/waiting to start/g)).toHaveLength(1);
    expect(await ask('/readyz')).toMatchObject({ status: 200 });
    await rm(there);
  });

  test('that waits ends at once when it is told to, and leaves nothing', async () => {
    const { child, exited, said, log } = await begin({ start: wait });
    await said('waiting to start');
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(log()).toContain('undone');
  });

  test('takes its port before it starts anything', async () => {
    const first = await begin();
    await first.said('running');
    const port = Number(/"port":(\d+)/.exec(first.log())?.[1]);
    const second = await begin({ ingest: { port } });
    expect(await second.exited).toBe(1);
    expect(second.errors()).toContain(`port ${port} is taken: set ingest.port to another one`);
    expect(second.log()).not.toContain('starting');
  });

  test('that cannot start ends what it had started, the latest first', async () => {
    const { exited, log } = await begin({
      start: `starting.onUndo(() => logger.info('first undone'));
  starting.onUndo(() => { throw new Error('no') });
  starting.onUndo(() => logger.info('third undone'));
  throw new Error('no topic');`,
    });
    expect(await exited).toBe(1);
    expect(log().match(/first undone|third undone|undoing the start failed/g)).toEqual([
      'third undone',
      'undoing the start failed',
      'first undone',
    ]);
  });

  test.each([
    ['leaves what others wait for', "logger.info('left');"],
    ['and not for ever', "logger.info('left'); await new Promise(() => {});"],
  ])('that ends by an error that nothing caught %s', async (_, leave) => {
    const start = "process.on('SIGUSR2', () => { throw new Error('broken') });";
    const { child, exited, said, log } = await begin({ start, leave });
    await said('running');
    child.kill('SIGUSR2');
    expect(await exited).toBe(1);
    expect(log()).toContain('left');
  });

  test('that cannot start says why and ends, whatever is still open', async () => {
    const { exited, errors, log } = await begin({
      start: `const cause = new Error('ECONNREFUSED to redis://u:${SECRET}@host');
  throw new Error('no Redis at redis://u:${SECRET}@host', { cause });`,
    });
    expect(await exited).toBe(1);
    expect(errors()).toBe('error: ingest cannot start: no Redis at redis://host\n');
    const line =
      log()
        .split('\n')
        .find((each) => each.includes('"msg":"cannot start"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({
      error: { cause: { message: 'ECONNREFUSED to redis://host' } },
      at: expect.arrayContaining([expect.stringContaining('little.mjs')]),
    });
    expect(log()).not.toContain(SECRET);
  });

  test('listens on the address that it is given, and on no other', async () => {
    const { said, ask } = await begin({ ingest: { host: '127.0.0.2' } });
    await said('running');
    expect(await ask('/livez', { host: '127.0.0.2' })).toMatchObject({ status: 200 });
    await expect(ask('/livez')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test('that is given an address of another machine says so', async () => {
    const { exited, errors } = await begin({ ingest: { host: '192.0.2.1' } });
    expect(await exited).toBe(1);
    expect(errors()).toContain('host 192.0.2.1 is not an address of this machine');
  });

  test('gives its metrics to those that have the token, and its health to all', async () => {
    const { said, ask } = await begin({ rest: { metrics: { token: TOKEN } } });
    await said('running');
    expect(await ask('/livez')).toMatchObject({ status: 200 });
    expect(await ask('/readyz')).toMatchObject({ status: 200 });
    for (const authorization of ['', 'Bearer ', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
      const refused = await ask('/metrics', { headers: { authorization } });
      expect(refused).toMatchObject({ status: 401, body: expect.not.stringContaining('capi_') });
    }
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { status, body } = await ask('/metrics', { headers });
    expect(status).toBe(200);
    expect(body).toContain('capi_process_state');
  });

  test('shows no secret in the details of its checks', async () => {
    const detail = `no answer from redis://u:${SECRET}@host: access_token=${SECRET}`;
    const { said, ask } = await begin({ failing: detail });
    await said('running');
    for (const path of ['/readyz', '/readyz?verbose', '/livez?verbose']) {
      const { body } = await ask(path);
      expect(body).toContain('no answer from redis://host');
      expect(body).not.toContain(SECRET);
    }
  });

  test('says that a change cannot be applied, and goes on to the next one', async () => {
    const configure = `
      if (pixels[0].pixelId === '2') throw new Error('no room at redis://u:${SECRET}@host');
      if (pixels[0].pixelId === '3') await new Promise(() => {});`;
    const { said, ask, log } = await begin({ configure });
    await said('"msg":"running"');
    await folder.write('c.yaml', { ...withPixel({ pixelId: '2' }), ingest: { port: 0 } });
    await said('new configuration cannot be applied');
    expect(await ask('/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('a change fails and is retried: no room'),
    });
    const failed = await ask('/metrics');
    expect(failed.body).toContain('capi_configuration_reloads_total{result="failed"} 1');
    expect(failed.body).toContain('capi_configuration_reload_pending 1');
    for (const pixelId of ['3', '4']) {
      await folder.write('c.yaml', { ...withPixel({ pixelId }), ingest: { port: 0 } });
      await said(`"ids":["${pixelId}"]`);
    }
    await said('configuration reloaded');
    expect(await ask('/readyz')).toMatchObject({ status: 200 });
    expect((await ask('/metrics')).body).toContain('capi_configuration_reload_pending 0');
    expect(log()).not.toContain(SECRET);
  });

  test('says at its start what is not protected, without the secret', async () => {
    const redis = { url: `redis://u:${SECRET}@redis.example:6379` };
    const { said, log } = await begin({ rest: { redis, sealing: 'off' } });
    await said('listening');
    await said('the password is sent in plain text to redis.example');
    expect(log()).toContain('"msg":"not protected"');
    expect(log()).toContain('personal data is readable in Redis');
    expect(log()).not.toContain(SECRET);
  });

  test('says that a test event code is set, at its start and when a reload sets it', async () => {
    const { said, log } = await begin({ rest: { graphApi: { version: 'v2.0' } } });
    await said('running');
    expect(log()).toContain('"msg":"nothing is delivered with this configuration"');
    expect(log()).not.toContain('testEventCode');
    await folder.write('c.yaml', withPixel({ testEventCode: 'TEST1' }));
    await said('is set for pixel 1');
    expect(log()).toContain('"msg":"the configuration needs attention"');
  });

  test('takes up what it can of a new configuration, and refuses a wrong one', async () => {
    const { child, said, ask, log } = await begin();
    await said('running');
    const another = { ...withPixel({ pixelId: '2' }), ingest: { port: 0, commitIntervalMs: 5 } };
    await folder.write('c.yaml', { ...another, log: { level: 'warn' } });
    await said('"ids":["2"]');
    await said('"sections":["ingest"]');
    await folder.write('c.yaml', withPixel({ accessToken: ref('NOPE') }));
    child.kill('SIGHUP');
    await said('new configuration refused');
    await said('the environment variable NOPE is not set');
    const { body } = await ask('/metrics');
    expect(body).toMatch(/capi_configuration_reloads_total\{result="applied"\} [1-9]/);
    expect(body).toMatch(/capi_configuration_reloads_total\{result="refused"\} [1-9]/);
    expect(body).toContain('capi_configuration_last_reload_successful 0');
    expect(body).toContain('capi_ingest_events_total{pixel="2",outcome="enqueued"} 0');
    expect(log()).not.toContain(SECRET);
  });

  test('drops the gauges of a pixel that is configured no more', async () => {
    const { said, ask } = await begin({ name: 'worker' });
    await said('running');
    const gauge = 'capi_worker_lane_request_limit{pixel="1"}';
    await eventually(async () => expect((await ask('/metrics')).body).toContain(gauge));
    await folder.write('c.yaml', { ...withPixel({ pixelId: '2' }), worker: { port: 0 } });
    await said('configuration reloaded');
    await eventually(async () => expect((await ask('/metrics')).body).not.toContain(gauge));
  });
});
