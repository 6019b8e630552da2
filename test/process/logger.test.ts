import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PixelNames } from '#core/pixel-names.ts';
import { createLogger, type LogFormat, type LogLevel, logOutput } from '#process/logger.ts';
import { prettyLine } from '#process/pretty-log.ts';
import { safeError, safeText, stackFrames } from '#process/redact.ts';
import { VERSION } from '#process/version.ts';

function linesOf(level: LogLevel, write: (logger: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = [];
  write(createLogger('test', level, { write: (line) => void lines.push(line) }));
  return lines;
}

test('a line has time, level, service, version, pid and message', () => {
  const [line = ''] = linesOf('info', (logger) => logger.info({ port: 1 }, 'listening'));
  expect(JSON.parse(line)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    service: 'test',
    version: VERSION,
    pid: process.pid,
    port: 1,
    msg: 'listening',
  });
});

test('a line about a pixel says its name, as it is called now', () => {
  const lines: string[] = [];
  let names = new PixelNames([{ pixelId: '1', name: 'EU shop' }, { pixelId: '2' }]);
  const write = (line: string): void => void lines.push(JSON.parse(line).pixelName ?? null);
  const logger = createLogger('test', 'info', { write }, () => names);
  for (const pixel of ['1', '2', '__proto__']) logger.info({ pixel }, 'lane');
  logger.info('running');
  names = new PixelNames([{ pixelId: '1', name: 'Europe' }]);
  logger.info({ pixel: '1' }, 'lane');
  expect(lines).toEqual(['EU shop', null, null, null, 'Europe']);
});

test('what is below the level is not printed', () => {
  expect(linesOf('warn', (logger) => logger.info('quiet'))).toEqual([]);
});

describe('what must never be printed is cut out', () => {
  const SECRET = 'Secret-5f3a';
  test.each<[string, object]>([
    ['a token', { accessToken: SECRET }],
    ['a token of a pixel', { pixel: { accessToken: SECRET } }],
    ['a header', { request: { headers: { authorization: SECRET } } }],
    ['a password', { sasl: { password: SECRET } }],
    ['a key', { sealing: { key: SECRET } }],
    ['personal data', { event: { user_data: { em: SECRET } } }],
    ['normalised personal data', { personal: { em: SECRET } }],
    ['traits', { context: { traits: { email: SECRET } } }],
    ['a URL with a password', { error: new Error(`connect redis://u:${SECRET}@host:1/0`) }],
    ['a URL with a query', { error: new Error(`GET https://h/x?access_token=${SECRET} failed`) }],
    ['a token in words', { error: new Error(`Bearer ${SECRET} is not valid`) }],
    ['an e-mail address', { err: new Error(`no such user: ${SECRET}@example.com`) }],
    ['what a parser quotes', { error: jsonError(`{"em":"${SECRET}`) }],
    ['the cause of an error', { error: new Error('x', { cause: jsonError(`[${SECRET}`) }) }],
    ['something thrown that is no error', { error: { em: SECRET } }],
  ])('%s', (_, fields) => {
    const [line] = linesOf('info', (logger) => logger.info(fields, 'x'));
    expect(line).not.toContain(SECRET);
  });
});

function jsonError(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}

describe('an error keeps', () => {
  test('its name, code, message and cause', () => {
    const cause = Object.assign(new TypeError('no route'), { code: 'EHOSTUNREACH' });
    const error = Object.assign(new Error('the token expired', { cause }), { code: 190 });
    expect(safeError(error)).toEqual({
      name: 'Error',
      message: 'the token expired',
      code: 190,
      cause: { name: 'TypeError', message: 'no route', code: 'EHOSTUNREACH' },
    });
  });

  test('where it came from, without its message', () => {
    const frames = stackFrames(new Error('first\nsecond'));
    expect(frames[0]).toMatch(/^at .*logger\.test/);
    expect(frames.join()).not.toContain('second');
  });
});

test('no address, token or password survives, wherever it stands', () => {
  const word = fc.stringMatching(/^[a-z]{6,12}$/);
  const secret = word.map((letters) => `zq${letters}`);
  const hiding = fc.oneof(
    fc.tuple(secret, word).map(([name, host]) => [name, `${name}@${host}.example`] as const),
    fc.tuple(secret, word).map(([name, host]) => [name, `redis://u:${name}@${host}:1`] as const),
    fc.tuple(secret, word).map(([name, host]) => [name, `https://${host}/v1?k=${name}`] as const),
    secret.map((name) => [name, `"access_token":"${name}"`] as const),
    secret.map((name) => [name, `Authorization: ${name}`] as const),
    secret.map((name) => [`EAA${name}`, `EAA${name}`] as const),
  );
  fc.assert(
    fc.property(word, hiding, word, (before, [name, hidden], after) => {
      expect(safeText(`${before} ${hidden} ${after}`)).not.toContain(name);
      expect(safeText(`${before} ${hidden} ${after}`)).toContain(before);
    }),
  );
});

test('of a text that is too long the beginning is kept, and nothing of what is cut apart', () => {
  const hiding = ['zqjane.roe@zqshop.example', 'redis://u:zqpassword@host:1', 'EAAzqsecretsecret'];
  for (const hidden of hiding) {
    for (let cut = 0; cut <= hidden.length; cut += 1) {
      const before = `begins ${'x '.repeat(5000)}`.slice(0, 8192 - 1 - cut);
      const safe = safeText(`${before} ${hidden} ${'y'.repeat(1000)}`);
      expect(safe.startsWith('begins x x')).toBe(true);
      expect(safe).not.toContain('zq');
    }
  }
  expect(safeText('a'.repeat(1024 * 1024))).toBe('[cut]');
});

describe('for people', () => {
  const pretty = (line: object | string): string => {
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    return stripVTControlCharacters(prettyLine(text));
  };

  const HEAD = { level: 'warn', time: '2026-11-20T10:20:31.123Z', service: 'worker', pid: 7 };

  test('a line has its time, level, service, message and fields', () => {
    const line = { ...HEAD, version: '1.0.0', pixel: '1', pixelName: 'EU shop', state: 'failing' };
    expect(pretty({ ...line, why: 'it does not answer', msg: 'lane' })).toBe(
      '10:20:31.123  warn   worker  lane  pixel="EU shop (1)"  state=failing  why="it does not answer"\n',
    );
  });

  test('an error is what it says, with its causes', () => {
    const error = safeError(
      new Error('no', { cause: Object.assign(new Error('x'), { code: 'E' }) }),
    );
    expect(pretty({ ...HEAD, error, count: 2, msg: 'failed' })).toBe(
      '10:20:31.123  warn   worker  failed  error=no ← x (E)  count=2\n',
    );
  });

  test.each(['', 'no JSON', '[1]', 'null', '{"a":'])('%j, which is no line, stays', (text) => {
    expect(pretty(text)).toBe(text);
  });

  test('nothing that is logged moves the cursor', () => {
    const evil = '\u001b[2J\u202e\r';
    const line = prettyLine(
      JSON.stringify({ ...HEAD, msg: evil, [evil]: evil, error: { message: evil } }),
    );
    expect(line).not.toContain('\u001b[2J');
    expect(line).not.toMatch(/[\r\u202e]/);
  });

  test('whatever the fields are, it is one line', () => {
    fc.assert(
      fc.property(fc.object(), (fields) => {
        expect(pretty({ ...HEAD, ...fields }).split('\n')).toHaveLength(2);
      }),
    );
  });

  test.each<[LogFormat, boolean, boolean]>([
    ['auto', true, true],
    ['auto', false, false],
    ['json', true, false],
    ['pretty', false, true],
  ])('%s on a terminal (%j): %j', (format, isTTY, isPretty) => {
    const lines: string[] = [];
    const output = logOutput(() => format, { isTTY }, { write: (line) => void lines.push(line) });
    createLogger('test', 'info', output).info({ port: 1 }, 'listening');
    expect(lines.map((line) => line.startsWith('{'))).toEqual([!isPretty]);
  });
});
