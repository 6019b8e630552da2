import { execFile } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { relayCommand } from '#local/relay-process.ts';
import { sealerOf } from '#store/sealing.ts';
import { readAudit } from '#store/status/audit.ts';
import { type CommandResult, commandHere } from '#test/support/command-here.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { deadMessage, deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { readAllFacts } from '#test/support/read-dead-letters.ts';

const [PIXEL = ''] = PIXELS;
const EMAIL = 'jane7@example.com';
const PHONE = '+1 555 123 4567';

let fleet: Fleet;
let record: string;
let message: string;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    withSandbox: false,
  });
});

beforeEach(async () => {
  await fleet.clear();
  const sealer = sealerOf((await loadConfiguration(fleet.configuration, {})).sealing);
  const event = { type: 'track', event: 'Order Completed', properties: { coupon: PHONE } };
  const traits = { context: { traits: { email: EMAIL } } };
  const letters = [deadRecord(7, PIXEL), deadMessage(8, PIXEL, { ...event, ...traits })];
  await insertDeadLetters(fleet.store, sealer, letters);
  const found = [];
  for await (const facts of readAllFacts(fleet.store, sealer)) found.push(facts);
  record = found.find(({ holds }) => holds === 'record')?.id ?? '';
  message = found.find(({ holds }) => holds === 'message')?.id ?? '';
});

afterAll(() => fleet.stop());

function capi(...args: string[]): Promise<CommandResult> {
  const all = [...args, '--config', fleet.configuration, '--by', 'ada'];
  const asks = args[0] === 'edit' && !args.includes('--set');
  return asks ? withEditor(all) : commandHere('dead-letters', all);
}

/** As at a terminal, with an editor that only prints what it is given. */
function withEditor(args: readonly string[]): Promise<CommandResult> {
  const { command: node, args: own } = relayCommand('cli/dead-letters/main.ts');
  const terminal = ['--import', 'data:text/javascript,process.stdin.isTTY=true'];
  const env = { ...process.env, EDITOR: 'cat', VISUAL: 'cat' };
  return new Promise((resolve) => {
    execFile(node, [...terminal, ...own, ...args], { env, maxBuffer: 1e8 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

const OPENINGS: readonly [string, () => string[], string][] = [
  ['an editor', () => ['edit', record], 'revealed'],
  ['an editor, for a message', () => ['edit', message], 'revealed'],
  ['show --reveal', () => ['show', message, '--reveal'], 'revealed'],
  ['export --reveal', () => ['export', '--reveal'], 'revealed'],
  ['edit --set', () => ['edit', record, '--set', 'personal.em=x@example.org', '--yes'], 'opened'],
];

describe('what is opened in the clear', () => {
  test.each(OPENINGS)('by %s is in the audit trail', async (_name, args, action) => {
    const { out } = await capi(...args());
    if (action === 'revealed') expect(out).toContain(EMAIL);
    const entries = await readAudit(fleet.store, 10);
    const entry = entries.find((each) => each.action === action);
    expect(entry).toMatchObject({ by: 'ada', details: { command: args()[0] } });
    expect(JSON.stringify(entries)).not.toContain('example');
  });

  test.each(OPENINGS)('by %s stays closed when that cannot be written', async (_name, args) => {
    const key = fleet.store.keys.audit;
    await fleet.redis.del(key);
    await fleet.redis.set(key, 'no stream');
    const { code, out, err } = await capi(...args());
    expect(code).toBe(1);
    expect(err).toContain('the audit trail cannot be written');
    expect(err).toContain('nothing was opened');
    expect(out + err).not.toContain(EMAIL);
  });

  test('shows in the difference of an edit no value, neither the old nor the new one', async () => {
    const sets = [
      '--set',
      'properties.coupon=+44 20 7946 0958',
      '--set',
      'context.traits.email=joe@example.org',
    ];
    const { code, out, err } = await capi('edit', message, ...sets, '--yes', '--json');
    expect(code).toBe(0);
    expect(err).toContain('- properties.coupon: "[text of 15]"');
    expect(err).toContain('+ properties.coupon: "[text of 16]"');
    for (const value of [PHONE, EMAIL, '7946', 'joe@']) expect(out + err).not.toContain(value);
    const trail = JSON.stringify(await readAudit(fleet.store, 10));
    for (const value of [PHONE, EMAIL, '7946', 'joe@']) expect(trail).not.toContain(value);
  });
});
