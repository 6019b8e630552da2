import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { EVERY_DEAD_LETTER } from '#core/dead-letter/filter.ts';
import { relayCommand } from '#local/relay-process.ts';
import { planBulkEdit } from '#store/dead-letters/bulk-edit/plan.ts';
import { type EditRule, parseEditRule } from '#store/dead-letters/bulk-edit/rule.ts';
import { originalsName, runBulkEdit } from '#store/dead-letters/bulk-edit/run.ts';
import { contentOf } from '#store/dead-letters/masking.ts';
import { openContents } from '#store/dead-letters/pages/seal.ts';
import { openLetters } from '#store/dead-letters/read.ts';
import { LockError } from '#store/locks.ts';
import { sealerOf } from '#store/sealing.ts';
import { readAudit } from '#store/status/audit.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { type CommandResult, commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, SOURCES } from '#test/support/fleet.ts';
import { deadMessage, deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { readAllFacts, readHeld } from '#test/support/read-dead-letters.ts';

const [PIXEL = ''] = PIXELS;
const SETS = ['--set', 'properties.revenue=@properties.total'];
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
function withEditor(args: readonly string[], editor = 'cat'): Promise<CommandResult> {
  const { command: node, args: own } = relayCommand('cli/dead-letters/main.ts');
  const terminal = ['--import', 'data:text/javascript,process.stdin.isTTY=true'];
  const env = { ...process.env, EDITOR: editor, VISUAL: editor };
  return commandAlone(node, [...terminal, ...own, ...args], { env });
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

/** An editor that saves one text after the other, and keeps what it was given. */
async function editorOf(texts: readonly string[]) {
  const folder = await mkdtemp(join(fleet.folder, 'editor-'));
  const script = [
    `cd '${folder}'`,
    'n=$(($(cat count 2>/dev/null || echo 0) + 1))',
    'echo $n >count; cp "$1" seen.$n; cp saved.$n "$1"',
  ];
  await writeFile(join(folder, 'editor.sh'), script.join('\n'));
  for (const [at, text] of texts.entries()) await writeFile(join(folder, `saved.${at + 1}`), text);
  const seen = (round: number) => readFile(join(folder, `seen.${round}`), 'utf8');
  return { command: `sh '${folder}/editor.sh'`, seen };
}

describe('an editor whose text is not taken', () => {
  const args = () => ['edit', message, '--config', fleet.configuration, '--by', 'ada', '--yes'];
  const event = (properties: object) =>
    JSON.stringify({
      ...{ type: 'track', event: 'Order Completed', properties },
      context: { traits: { email: EMAIL }, source: SOURCES[0] },
    });

  test('opens it again, with the problem above it', async () => {
    const texts = [
      '{"mistyped": ',
      event({ coupon: 'none' }),
      event({ revenue: 5, currency: 'EUR' }),
    ];
    const editor = await editorOf(texts);
    const { code, err } = await withEditor(args(), editor.command);
    expect([code, err]).toEqual([0, expect.stringContaining('A replay would deliver it.')]);
    expect(await editor.seen(1)).not.toContain('#');
    expect(await editor.seen(2)).toMatch(
      /^# Not taken: the text is not a JSON object\n#.*\n\{"mistyped": $/,
    );
    expect(await editor.seen(3)).toMatch(
      /^# Not taken: a replay would not deliver it: reject, .*\n# .*keep it/,
    );
  });

  test('gives up where it is saved again unchanged, and keeps what only a replay refuses', async () => {
    const none = await editorOf(['no JSON', 'no JSON']);
    const given = await withEditor(args(), none.command);
    expect([given.code, given.err]).toEqual([5, expect.stringContaining('nothing was changed')]);
    const refused = event({ coupon: 'none' });
    const kept = await withEditor(args(), (await editorOf([refused, refused])).command);
    expect([kept.code, kept.err]).toEqual([0, expect.stringContaining('would not deliver it')]);
  });
});

describe('an id', () => {
  test('may be shortened where one dead letter has it, and none other is taken for one that is gone', async () => {
    const [page = '', index = ''] = message.split('.');
    const shown = (...args: string[]) => capi('show', ...args, '--json');
    const idOf = ({ out }: CommandResult): unknown => JSON.parse(out).id;
    expect(idOf(await shown(`${page.slice(0, 8)}.${index}`))).toBe(message);
    const ambiguous = await shown(page.slice(0, 8));
    expect(ambiguous.code).toBe(2);
    for (const id of [record, message]) expect(ambiguous.err).toContain(`  ${id}  `);
    expect(idOf(await shown('--last'))).toBe(message);
    expect((await shown(message, '--last')).code).toBe(2);
    const listing = ['list', '--id', `${page.slice(0, 8)}.${index}`, '--json'];
    const list = await commandHere('dead-letters', [...listing, '--config', fleet.configuration]);
    expect(JSON.parse(list.out).deadLetters).toMatchObject([{ id: message }]);
    expect((await capi('purge', '--id', page.slice(0, 8), '--no-backup', '--yes')).code).toBe(2);
    expect((await capi('purge', '--last', '--no-backup', '--yes')).code).toBe(0);
    expect(idOf(await shown(page.slice(0, 8)))).toBe(record);
    expect(await shown(message)).toMatchObject({
      code: 0,
      out: expect.stringContaining('"purged"'),
    });
    expect((await capi('edit', message, ...SETS, '--yes')).code).toBe(3);
    expect(await shown('zzzz')).toMatchObject({
      code: 3,
      err: expect.stringContaining('receipts'),
    });
  });

  test('of an edited dead letter leads to the one that it is now', async () => {
    const edit = await capi(
      'edit',
      message,
      '--set',
      'properties.coupon="none"',
      '--yes',
      '--json',
    );
    const { id } = JSON.parse(edit.out);
    const { out } = await capi('show', message);
    expect(out).toContain(`see: capi-relay dead-letters show ${id}\n`);
  });

  test('that starts as another one is not that one', async () => {
    await fleet.clear();
    const configuration = await loadConfiguration(fleet.configuration, {});
    const letters = Array.from({ length: 20 }, (_, at) => deadRecord(at, PIXEL));
    await insertDeadLetters(fleet.store, sealerOf(configuration.sealing), letters);
    const { out } = await capi('show', '--last', '--json');
    const page = JSON.parse(out).id.split('.')[0];
    expect((await capi('purge', '--id', `${page}.1`, '--no-backup', '--yes')).code).toBe(0);
    expect((await capi('purge', '--id', `${page}.1`, '--no-backup', '--yes')).code).toBe(3);
    expect(await readHeld(fleet.store)).toBe(19);
  });
});

describe('a bulk edit', () => {
  const TOTAL = 1000;
  const MISSING = 3;
  const rule = parseEditRule(['properties.revenue=@properties.total'], [], 10_000) as EditRule;
  let deps: Parameters<typeof planBulkEdit>[0];

  /** Orders whose value is under another name, a few of which have none. */
  beforeEach(async () => {
    await fleet.clear();
    const configuration = await loadConfiguration(fleet.configuration, {});
    const sealer = sealerOf(configuration.sealing);
    deps = { store: { ...fleet.store, sealer }, configuration };
    const letters = Array.from({ length: TOTAL }, (_, at) =>
      deadMessage(at, PIXEL, orderOf(at, at < MISSING ? {} : { total: at + 1 })),
    );
    await insertDeadLetters(fleet.store, sealer, letters);
  });

  function orderOf(at: number, properties: object): object {
    const [timestamp, email] = [new Date().toISOString(), `jane${at}@example.com`];
    const event = { type: 'track', event: 'Order Completed', messageId: `m-${at}`, timestamp };
    const rest = { currency: 'EUR', ...properties };
    const context = { traits: { email }, source: SOURCES[0] };
    return { ...event, properties: rest, context };
  }

  async function plan(by: EditRule = rule) {
    return planBulkEdit(deps, { filter: EVERY_DEAD_LETTER, rule: by });
  }

  function askedOf(planned: Awaited<ReturnType<typeof plan>>, canary = 10) {
    const account = { by: 'ada', reason: null };
    return { where: '', rule, ...planned, ...account, canary, force: false };
  }

  async function run(more: Partial<Parameters<typeof runBulkEdit>[0]> = {}, signal?: AbortSignal) {
    const { matched, changes, last, now } = await plan(more.rule);
    const account = { by: 'ada', reason: 'value from total' };
    const asked = { where: '', rule, matched, changes, last, now, canary: 10, force: false };
    return runBulkEdit({ ...asked, ...account, ...more }, { ...deps, ...(signal && { signal }) });
  }

  /** Everything that is dead, by offset, with its event. */
  async function allEvents(): Promise<Map<number, unknown>> {
    const found = [];
    for await (const facts of readAllFacts(fleet.store, deps.store.sealer)) found.push(facts);
    const opened = await openLetters(deps.store, found);
    return new Map(
      opened.map((letter) => [letter.facts.kafka.offset, contentOf(letter, true)] as const),
    );
  }

  test('shows what it would do, and changes nothing', async () => {
    const { code, out, err } = await capi(
      'edit',
      '--where',
      'reason:missing_value',
      ...SETS,
      '--dry-run',
      '--json',
    );
    expect([code, err]).toEqual([0, '']);
    const shown = JSON.parse(out);
    expect(shown).toMatchObject({
      ...{ dryRun: true, matched: TOTAL, changes: TOTAL - MISSING },
      ...{ left: { missing: MISSING, same: 0 }, places: { 'properties.total': MISSING } },
      before: { delivered: 0, rejected: { missing_value: TOTAL - MISSING } },
      after: { delivered: TOTAL - MISSING, rejected: {} },
    });
    expect(shown.samples).toHaveLength(3);
    expect(shown.samples[0].changes).toEqual(['+ properties.revenue: 4']);
    expect((await plan()).changes).toBe(TOTAL - MISSING);
    expect(await readAudit(fleet.store, 10)).toEqual([]);
  });

  test('changes a thousand, once each, in steps whose originals are kept, and says who did', async () => {
    const result = await run();
    expect(result).toMatchObject({
      changed: TOTAL - MISSING,
      stopped: null,
      left: { by: { missing: MISSING, gone: 0 } },
    });
    expect(result.canary?.delivered).toBe(10);
    expect(result.after.delivered).toBe(TOTAL - MISSING);
    const events = await allEvents();
    expect(events.size).toBe(TOTAL);
    for (const [at, event] of events) {
      const properties = at < MISSING ? {} : { total: at + 1, revenue: at + 1 };
      expect(event).toMatchObject({ content: { messageId: `m-${at}`, properties } });
    }
    const trail = await readAudit(fleet.store, 50);
    const edited = trail.filter(({ action }) => action === 'edited');
    // Steps, not dead letters: the canary, and then a page at a time.
    expect(edited).toHaveLength(1 + Math.ceil((TOTAL - MISSING - 10) / 250));
    const originals = edited.flatMap(({ where, details }) => {
      const name = originalsName(/"([^"]+)"/.exec(where ?? '')?.[1] ?? '');
      return openContents(
        deps.store.sealer,
        name,
        Buffer.from(String(details['originals']), 'base64'),
      );
    });
    expect(originals).toHaveLength(TOTAL - MISSING);
    expect(originals.some((each) => each.includes('revenue'))).toBe(false);
    expect(originals.every((each) => each.includes('total'))).toBe(true);
    expect(trail.at(-1)).toMatchObject({
      ...{ action: 'edit_started', by: 'ada', reason: 'value from total', where: '' },
      details: { edits: ['properties.revenue=@properties.total'], changes: TOTAL - MISSING },
    });
    expect(trail[0]).toMatchObject({
      action: 'edit_finished',
      details: { changed: TOTAL - MISSING },
    });
    expect(JSON.stringify(trail)).not.toContain('@example');
    expect((await plan()).left.by).toMatchObject({ same: TOTAL - MISSING, missing: MISSING });
  });

  test('stops when a replay would deliver none of the canary, unless it is told to go on', async () => {
    const useless = parseEditRule(['properties.coupon=1'], [], 10_000) as EditRule;
    const stopped = await run({ rule: useless });
    expect(stopped).toMatchObject({ changed: 10, stopped: 'canary' });
    expect([...(stopped.canary?.rejected ?? [])]).toEqual([['missing_value', 10]]);
    expect((await plan(useless)).left.by.same).toBe(10);
    const [last] = await readAudit(fleet.store, 1);
    expect(last).toMatchObject({
      action: 'edit_finished',
      details: { changed: 10, stopped: 'canary' },
    });
    expect(await run({ rule: useless, force: true })).toMatchObject({
      changed: TOTAL - 10,
      stopped: null,
    });
  });

  test('continues where it was interrupted, and leaves what others took', async () => {
    const stop = new AbortController();
    const planned = await plan();
    const asked = askedOf(planned);
    const onProgress = (): void => stop.abort();
    const first = await runBulkEdit(asked, { ...deps, signal: stop.signal, onProgress });
    expect(first.stopped).toBe('interrupted');
    expect(first.changed).toBeLessThan(TOTAL - MISSING);
    expect((await allEvents()).size).toBe(TOTAL);
    // Those that it changed stand behind what was planned, as if someone else had edited them.
    const second = await runBulkEdit(asked, deps);
    expect(second.left.by).toMatchObject({ gone: first.changed, missing: MISSING });
    expect(first.changed + second.changed).toBe(TOTAL - MISSING);
    expect((await plan()).left.by).toMatchObject({ same: TOTAL - MISSING, missing: MISSING });
    expect(await readHeld(fleet.store)).toBe(TOTAL);
  });

  test('that is killed has lost nothing, and continues when it is run again', async () => {
    const { command, args } = relayCommand('cli/dead-letters/main.ts');
    const all = [...args, 'edit', '--all', ...SETS, '--yes', '--config', fleet.configuration];
    const child = spawn(command, all, { stdio: 'ignore' });
    const ended = once(child, 'exit');
    try {
      await eventually(
        async () => expect((await readAudit(fleet.store, 9)).length).toBeGreaterThan(1),
        { everyMs: 1 },
      );
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    expect((await allEvents()).size).toBe(TOTAL);
    // As long as the lock of a process that was killed stands.
    await fleet.redis.del(fleet.store.keys.replayLock);
    const { left } = await plan();
    const rest = await run();
    expect(left.by.same + rest.changed).toBe(TOTAL - MISSING);
    expect((await plan()).left.by).toMatchObject({ same: TOTAL - MISSING, missing: MISSING });
    expect((await allEvents()).size).toBe(TOTAL);
    expect(await readHeld(fleet.store)).toBe(TOTAL);
  });

  test('loses nothing when it loses its lock, or while another holds it', async () => {
    const lock = fleet.store.keys.replayLock;
    const planned = await plan();
    const asked = askedOf(planned, 0);
    await fleet.redis.set(lock, 'another owner', 'PX', 600_000);
    await expect(runBulkEdit(asked, deps)).rejects.toThrow(LockError);
    await fleet.redis.del(lock);
    let taken: Promise<unknown> = Promise.resolve();
    const onProgress = (): void => {
      taken = fleet.redis.set(lock, 'another owner', 'PX', 600_000);
    };
    await expect(runBulkEdit(asked, { ...deps, onProgress })).rejects.toThrow(
      'start again to go on',
    );
    await taken;
    await fleet.redis.del(lock);
    expect((await allEvents()).size).toBe(TOTAL);
    expect((await run()).left.by.same).toBe(250);
    expect((await allEvents()).size).toBe(TOTAL);
  });

  test('does nothing half when Redis refuses a step', async () => {
    const before = await allEvents();
    const planned = await plan();
    const asked = askedOf(planned);
    // Its last command but one: pages and marks are written by then.
    const [counts, aside] = [fleet.store.keys.dead.counts, `${fleet.prefix}:aside`];
    await fleet.redis.rename(counts, aside);
    await fleet.redis.set(counts, 'no hash');
    await expect(runBulkEdit(asked, deps)).rejects.toThrow('WRONGTYPE');
    await fleet.redis.rename(aside, counts);
    expect(await allEvents()).toEqual(before);
    expect(await readHeld(fleet.store)).toBe(TOTAL);
    expect((await run()).changed).toBe(TOTAL - MISSING);
  });

  test('is refused where it is not clear what it means, with the fix', async () => {
    const where = ['--where', 'reason:missing_value'];
    for (const [args, problem] of [
      [[...where, '--set', 'properties.currency=EUR'], 'is no JSON'],
      [[...where, '--set', '__proto__.a=1'], 'is no place'],
      [where, 'an editor takes one dead letter'],
      [['--set', 'a=1'], 'select with --where'],
      [['abc.1', ...where, ...SETS], 'an id names one'],
    ] as const) {
      const { code, err } = await capi('edit', ...args);
      expect([code, err]).toEqual([2, expect.stringContaining(problem)]);
    }
  });
});
