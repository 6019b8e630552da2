import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commentedText } from '#cli/init/commented-text.ts';
import { SampleProfile } from '#cli/init/profile.ts';
import { proposalsFor } from '#cli/init/proposals.ts';
import { loadConfiguration } from '#config/load.ts';
import { asObject } from '#core/event/track-event.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { trackEvent } from '#test/support/track-event.ts';

const TOKEN = 'EAAB-token-that-must-not-appear-anywhere';

let folder = '';
let runs = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-init-new-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A file that there is not yet, in a folder that there is. */
function newFile(): string {
  runs += 1;
  return join(folder, `relay-${runs}.yaml`);
}

function init(out: string, ...args: string[]) {
  const given = ['--yes', '--no-sample', '--out', out, ...args];
  return commandHere('init', given, { env: bareEnvironment() });
}

async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8);
}

describe('without a terminal', () => {
  test('it writes a file that every command accepts, and a key that only its owner may read', async () => {
    const out = newFile();
    const token = join(folder, 'my token');
    await writeFile(token, TOKEN);
    const {
      code,
      out: said,
      err,
    } = await init(
      out,
      ...['--brokers', 'kafka-1:9092,kafka-2:9092', '--topic', 'events,orders', '--tls'],
      ...['--redis', 'rediss://relay:s3cret%21@redis-1:6380', '--pixel', '1234567890'],
      ...['--name', 'EU shop', '--token-file', token],
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(said).toContain(`capi-relay check --config ${out}`);
    const configuration = await loadConfiguration(out, {});
    expect(configuration).toMatchObject({
      kafka: { brokers: ['kafka-1:9092', 'kafka-2:9092'], topics: ['events', 'orders'] },
      redis: { url: expect.stringContaining('redis-1:6380') },
      sealing: { currentKey: 'first', keys: [{ id: 'first' }] },
      pixels: [{ pixelId: '1234567890', name: 'EU shop', accessToken: TOKEN }],
    });
    const base = out.replace('.yaml', '');
    const secrets = [`${base}.key`, `${base}.redis-password`];
    expect(await Promise.all(secrets.map(modeOf))).toEqual(['600', '600']);
    expect(await readFile(`${base}.redis-password`, 'utf8')).toBe('s3cret!\n');
    const text = await readFile(out, 'utf8');
    for (const secret of [TOKEN, 's3cret']) expect(text + said).not.toContain(secret);
  });

  test('without a token file the token comes from a variable', async () => {
    const out = newFile();
    const { code, out: said } = await init(out, '--pixel', '1', '--json');
    expect({ code, ...JSON.parse(said) }).toMatchObject({
      ...{ code: 0, file: out, keyIsNew: true, tokenFile: null, sample: null },
      variables: ['CAPI_RELAY_ACCESS_TOKEN'],
    });
    const { pixels } = await loadConfiguration(out, { CAPI_RELAY_ACCESS_TOKEN: TOKEN });
    expect(pixels).toMatchObject([{ accessToken: TOKEN }]);
  });

  test('it overwrites only with --force, and the sealing key never', async () => {
    const out = newFile();
    await init(out, '--pixel', '1');
    const key = await readFile(out.replace('.yaml', '.key'), 'utf8');
    const again = await init(out, '--pixel', '2');
    expect({ code: again.code, err: again.err }).toEqual({
      code: 2,
      err: expect.stringContaining('add --force'),
    });
    expect(await readFile(out, 'utf8')).toContain('pixelId: "1"');
    const forced = await init(out, '--pixel', '2', '--force');
    expect(forced.out).toContain('Kept the sealing key');
    expect(await readFile(out, 'utf8')).toContain('pixelId: "2"');
    expect(await readFile(out.replace('.yaml', '.key'), 'utf8')).toBe(key);
  });

  test('what holds no key is neither used nor overwritten', async () => {
    const out = newFile();
    const key = join(folder, 'notes.txt');
    await writeFile(key, 'buy milk');
    const { code, err } = await init(out, '--pixel', '1', '--key-file', key);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('holds no sealing key'),
    });
    expect(await readFile(key, 'utf8')).toBe('buy milk');
    expect(await readdir(folder)).not.toContain(out.split('/').at(-1));
  });

  test.each<[string, string[], number, string]>([
    ['no pixel', [], 2, '--pixel is needed: give it, or run this on a terminal'],
    ['no ID of a pixel', ['--pixel', 'shop'], 2, '--pixel: must be the ID of a pixel'],
    ['no broker', ['--pixel', '1', '--brokers', 'kafka'], 2, '--brokers: must be host:port'],
    ['no URL', ['--pixel', '1', '--redis', 'localhost'], 2, '--redis: must be a Redis URL'],
    ['no name', ['--pixel', '1', '--name', '123'], 2, '--name: must have 1 to 40'],
    ['half a login', ['--pixel', '1', '--kafka-user', 'x'], 2, 'go together'],
    [
      'a password that is not there',
      '--pixel 1 --sasl plain --kafka-user x --kafka-password-file /nowhere/p'.split(' '),
      2,
      '--sasl: names a file that does not exist',
    ],
    ['two places', ['--pixel', '1', '--token-file', 'a', '--token-env', 'B'], 2, 'in one place'],
    ['no variable', ['--pixel', '1', '--token-env', 'a b'], 2, '--token-env takes the name'],
    ['a token', ['--pixel', '1', '--token', TOKEN], 2, "unknown option '--token'"],
    [
      'a platform too',
      ['--from', 'segment', '--pixel', '1', 'd.json'],
      2,
      '--pixel cannot be used',
    ],
    ['no folder', ['--pixel', '1', '--out', '/nowhere/x.yaml'], 1, 'cannot be written (ENOENT)'],
  ])('%s', async (_, args, code, message) => {
    const result = await init(newFile(), ...args);
    expect({ code: result.code, err: result.err }).toEqual({
      code,
      err: expect.stringContaining(message),
    });
    expect(result.err + result.out).not.toContain(TOKEN);
  });
});

describe('on a terminal', () => {
  /** What stands in for one: answers must come one by one, as a person gives them. */
  const TERMINAL = ['--import', 'data:text/javascript,process.stdin.isTTY=true'];

  function start(out: string, ...args: string[]) {
    const entry = inRepository('services/cli/init/main.ts');
    const given = [...TERMINAL, entry, '--out', out, '--no-sample', ...args];
    const child = spawn(process.execPath, given, { env: bareEnvironment() });
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (said.out += chunk));
    child.stderr.on('data', (chunk) => (said.err += chunk));
    return { child, said };
  }

  async function answer(
    { child, said }: { child: ChildProcess; said: { err: string } },
    question: string,
    text: string,
  ): Promise<void> {
    await eventually(() => expect(said.err).toContain(question));
    said.err = '';
    child.stdin?.write(`${text}\n`);
  }

  test('it asks for what no flag gives, again where an answer is wrong, and shows no token', async () => {
    const out = newFile();
    const running = start(out, '--topic', 'events');
    const exited = once(running.child, 'exit');
    await answer(running, 'Kafka brokers, as host:port [127.0.0.1:9092]: ', 'nonsense');
    await answer(running, 'must be host:port', 'kafka:9092');
    await answer(running, 'URL of Redis [redis://127.0.0.1:6379]: ', '');
    await answer(running, 'ID of the pixel or dataset: ', '');
    await answer(running, 'is needed', '42');
    await answer(running, 'What people call it (may be left out): ', 'Shop');
    await answer(running, 'Access token, not shown', `${TOKEN} and more`);
    await answer(running, 'copy it again', TOKEN);
    expect(await exited).toEqual([0, null]);
    expect(running.said.out + running.said.err).not.toContain(TOKEN);
    const { kafka, pixels } = await loadConfiguration(out, {});
    expect(kafka).toMatchObject({ brokers: ['kafka:9092'], topics: ['events'] });
    expect(pixels).toMatchObject([{ pixelId: '42', name: 'Shop', accessToken: TOKEN }]);
    const secret = out.replace('.yaml', '.token');
    expect(await modeOf(secret)).toBe('600');
    expect(await readFile(out, 'utf8')).not.toContain(TOKEN);
  });

  test('an end of the input writes nothing', async () => {
    const out = newFile();
    const { child, said } = start(out);
    const exited = once(child, 'exit');
    await eventually(() => expect(said.err).toContain('Kafka brokers'));
    child.stdin.end();
    expect(await exited).toEqual([130, null]);
    await expect(stat(out)).rejects.toThrow('ENOENT');
  });
});

describe('what a sample has in it', () => {
  const answers = {
    ...{ out: 'x.yaml', brokers: ['b:1'], topics: ['t'], tls: false, login: null },
    ...{ redisUrl: 'redis://r', redisPassword: null, pixelId: '1', name: null },
    token: { kind: 'variable', name: 'T' } as const,
    keyFile: 'x.key',
  };

  function profileOf(events: readonly object[]): SampleProfile {
    const profile = new SampleProfile();
    for (const event of events) profile.add(asObject(event));
    return profile;
  }

  /** The file that is written for these events. */
  function textOf(events: readonly object[]): string {
    const { messages, tracks, pages, events: names, ...profile } = fields(profileOf(events));
    const proposals = proposalsFor(names);
    return commentedText(answers, { messages, tracks, pages, proposals, ...profile });
  }

  function fields(profile: SampleProfile) {
    const { messages, tracks, pages, events, propertyNames, distinctSources } = profile;
    return { messages, tracks, pages, events, properties: propertyNames, sources: distinctSources };
  }

  const named = (event: string) => trackEvent({ event });

  test('well-known names become settings, others comments with their counts', async () => {
    const names = [
      'Order Completed',
      'Signed Up',
      'order_completed',
      'Newsletter Opened',
      'purchase',
    ];
    const text = textOf([...names.map(named), named('Newsletter Opened'), { type: 'page' }]);
    expect(text).toContain('#   Order Completed → Purchase (1)');
    expect(text).toContain('#   purchase → Purchase (1)');
    expect(text).toContain('#   Newsletter Opened (2)');
    expect(text).toContain('# sendPageViews: true');
    expect(text).toContain('revenue 6');
    const file = newFile();
    await writeFile(file, text.replace('keyFile: x.key', `key: ${'ab'.repeat(32)}`));
    const { pixels } = await loadConfiguration(file, { T: TOKEN });
    expect(pixels[0]).toMatchObject({
      eventMappings: { order_completed: 'Purchase' },
      eventMappingPresets: ['extended'],
    });
  });

  test('sources that can be told apart are proposed as a filter', () => {
    const events = ['shop', 'app', 'shop'].map((source) => trackEvent({ context: { source } }));
    expect(textOf(events)).toContain('#     context.source: ["shop","app"] # 2, 1');
    expect(textOf(events.slice(0, 1))).not.toContain('where:');
  });

  test.each<[string, Record<string, unknown>]>([
    ['an address in a name', { event: 'Mail to jane@example.com' }],
    ['an address in a key', { properties: { 'jane@example.com': 1 } }],
    ['an address as a source', { context: { source: 'jane@example.com' } }],
    ['a name of several lines', { event: 'a\npixels: jane' }],
    ['a name that is long', { event: `jane ${'x'.repeat(500)}` }],
    ['a name that is no text', { event: { jane: 1 } }],
    ['names of objects', { event: '__proto__', properties: { constructor: 'jane' } }],
    ['a reference to the environment', { event: `\${HOME}` }],
  ])('%s neither shows a person nor breaks the file', async (_, overrides) => {
    const file = newFile();
    const text = textOf([trackEvent(overrides), trackEvent()]);
    expect(text).not.toContain('jane');
    await writeFile(file, text.replace('keyFile: x.key', `key: ${'ab'.repeat(32)}`));
    expect((await loadConfiguration(file, { T: TOKEN })).pixels).toHaveLength(1);
  });

  test('thousands of names and keys are counted up to a limit', () => {
    const events = Array.from({ length: 2000 }, (_, at) =>
      trackEvent({ event: `event ${at}`, properties: { [`key ${at}`]: at } }),
    );
    const profile = profileOf(events);
    expect(profile.events.length).toBeLessThan(500);
    expect(profile.propertyNames.length).toBeLessThan(500);
    expect(textOf(events).length).toBeLessThan(10_000);
  });
});
