import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openChromium } from '#local/chromium.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { createStore } from '#store/store.ts';
import { TestControl } from '#test/support/control.ts';
import { eventually } from '#test/support/deadline.ts';
import { deadMessage, deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const REDIS_URL = process.env['TEST_REDIS_URL'] ?? '';
const PATHS = [
  '/',
  '/dead-letters',
  '/dead-letters?where=nonsense',
  '/dead-letters/events',
  '/dead-letters/events?sort=expires',
  '/lanes',
  '/lanes/201',
  '/trace?id=m-1',
  '/replays',
  '/replays/new?where=pixel:201',
  '/purge?where=pixel:203',
  '/dead-letters/edit?where=pixel:203',
  '/audit',
  '/quality',
  '/nothing-here',
];

let control: TestControl;
let redis: Redis;
let browser: Browser;
/** What browsers complained of, or asked for elsewhere. */
let trouble: string[] = [];

beforeAll(async () => {
  const options = { brokers: BROKERS, redisUrl: REDIS_URL, delivering: true };
  [control, browser] = await Promise.all([
    TestControl.start({ ...options, args: ['--allow-actions'] }),
    openChromium(() => {}),
  ]);
  redis = connectForCommands(REDIS_URL, () => {});
  await insertDeadLetters(createStore(redis, control.prefix), control.sealer, [
    ...Array.from({ length: 30 }, (_, at) => deadRecord(at, '201')),
    deadRecord(100, '202', { eventName: '"><img src="https://elsewhere.example/x">' }),
    deadMessage(101, '203', { event: 'Order Completed', context: { traits: { email: 'j@x.de' } } }),
  ]);
});

afterAll(async () => {
  await browser.close();
  await control.stop();
  await redis.quit();
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  expect(trouble).toEqual([]);
  trouble = [];
});

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: control.process.url, ...options });
  const page = await context.newPage();
  page.on('console', (line) => {
    const missing = line.text().includes('404') && line.location().url.endsWith('/nothing-here');
    if (line.type() === 'error' && !missing) trouble.push(line.text());
  });
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(control.process.url)) trouble.push(request.url());
  });
  return page;
}

async function firstEvent(page: Page): Promise<string> {
  await page.goto('/dead-letters/events');
  return (await page.locator('tbody a').first().getAttribute('href')) ?? '';
}

describe.each([
  ['light', 1280],
  ['dark', 360],
] as const)('%s, %i pixels wide', (colorScheme, width) => {
  test('every page fits, and nothing is asked of anybody else', async () => {
    const page = await open({ colorScheme, viewport: { width, height: 800 } });
    for (const path of [...PATHS, await firstEvent(page)]) {
      await page.goto(path);
      const beyond = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect([path, beyond]).toEqual([path, 0]);
      const commands = await page.locator('.command').count();
      expect([path, commands > 0]).toEqual([path, path !== '/nothing-here']);
    }
  });

  test('the ground is as the system wants it', async () => {
    const page = await open({ colorScheme });
    await page.goto('/');
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    const [red = 0] = /\d+/.exec(String(ground))?.map(Number) ?? [];
    expect(red > 128).toBe(colorScheme === 'light');
  });
});

test('everything can be reached by keyboard, and it shows where one is', async () => {
  const page = await open();
  await page.goto('/dead-letters');
  const focused = () => page.evaluate('document.activeElement.textContent.trim()');
  const press = (key: string) => page.keyboard.press(key);
  await press('Tab');
  expect(await focused()).toBe('Skip to content');
  const seen: unknown[] = [];
  for (let n = 0; n < 9; n += 1) {
    await press('Tab');
    seen.push(await focused());
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).not.toBe('none');
  }
  expect(seen.slice(0, 8)).toEqual([
    'capi-relay',
    'Overview',
    'Lanes',
    'Dead letters',
    'Replays',
    'Trace',
    'Quality',
    'Audit',
  ]);
  await page.keyboard.type('pixel:203');
  await press('Enter');
  await page.waitForURL(/where=pixel%3A203/);
  expect(await page.locator('.causes tbody tr').count()).toBe(1);
  await press('Tab');
  await press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('content');
});

test('without JavaScript it reads and filters the same', async () => {
  const page = await open({ javaScriptEnabled: false });
  await page.goto('/dead-letters');
  await page.fill('#where', 'pixel:203');
  await page.click('text=Show');
  expect(await page.textContent('.lead')).toContain('1 event of 1 cause');
  await page.click('.causes summary');
  await page.click('text=Show the events');
  await page.click('tbody a');
  expect(await page.textContent('.json')).toContain('email: [text of 6]');
  expect(await page.textContent('main')).not.toContain('j@x.de');
  await page.goto('/dead-letters');
  await page.check('[aria-label="Select Purchase without a value, 203"]');
  await page.click('text=Replay…');
  expect(await page.textContent('.big')).toContain('1 of 1 dead letter would be put back');
});

test('rows are selected, and stay selected when the page refreshes itself', async () => {
  const page = await open();
  await page.goto('/dead-letters');
  expect(await page.isDisabled('.selection button')).toBe(true);
  await page.check('#select-all');
  expect(await page.textContent('[data-selected]')).toBe('3 selected causes:');
  await page.uncheck('[aria-label="Select Purchase without a value, 203"]');
  await page.evaluate('globalThis.before = document.querySelector(".causes")');
  await eventually(async () => {
    expect(await page.evaluate('globalThis.before.isConnected')).toBe(false);
  });
  expect(await page.textContent('[data-selected]')).toBe('2 selected causes:');
  await page.click('text=Purge…');
  expect(await page.textContent('#confirm')).toBe('Purge 31 dead letters?');
});

test('a halted lane says why in lines, not in words one below the other', async () => {
  const reason = 'the catalogue has the prices of another country since the import of this morning';
  const page = await open({ viewport: { width: 390, height: 800 } });
  await page.goto('/lanes/202');
  await page.fill('#reason', reason);
  await page.click('button:text-is("Pause")');
  await page.locator('.lead', { hasText: 'paused by' }).waitFor();
  for (const path of ['/', '/lanes']) {
    await page.goto(path);
    const cell = page.locator('.lanes td', { has: page.locator('.state.warn') }).first();
    expect(await cell.textContent()).toContain(reason);
    const height = (await cell.boundingBox())?.height ?? 0;
    const lineHeight = await page.evaluate(
      'parseFloat(getComputedStyle(document.body).lineHeight)',
    );
    const lines = height / Number(lineHeight);
    expect(lines).toBeLessThan(7);
  }
  await page.goto('/lanes/202');
  await page.click('button:text-is("Resume")');
  await page.locator('.lead', { hasText: 'The lane is active' }).waitFor();
});

test('a copied command, and a page that stays fresh by itself', async () => {
  const page = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto('/dead-letters?where=pixel:201');
  await page.click('[data-copy]');
  const copied = await page.evaluate('navigator.clipboard.readText()');
  expect(copied).toBe('capi-relay dead-letters summary --where pixel:201');
  await page.goto('/replays');
  expect(await page.textContent('main')).toContain('No replays yet.');
});

test('a replay, from its plan to its end', async () => {
  const page = await open();
  await page.goto('/dead-letters?where=pixel:201');
  await page.click('text=Plan a replay of all these');
  expect(await page.textContent('.big')).toContain('30 of 30 dead letters');
  await page.fill('#reason', 'the cause is fixed');
  await page.click('text=Replay 30 dead letters');
  // Without a load in between: the page looks again by itself.
  await page.locator('.lead .state', { hasText: 'finished' }).waitFor();
  const words = await page.textContent('main');
  expect(words).toContain('delivered 30');
  expect(words).toContain('the cause is fixed');
  await page.goto('/');
  expect(await page.textContent('table')).toContain('balanced');
});

test('a bulk edit, from its plan to its end, with one line for each place', async () => {
  const page = await open();
  await page.goto('/dead-letters?where=pixel:203');
  await page.click('.causes summary');
  await page.click('text=Edit them');
  await page.fill('#set', 'properties.revenue=5\nproperties.currency="EUR"');
  await page.click('text=Show the plan');
  expect(await page.textContent('.big')).toContain('1 of 1 dead letter would change');
  await page.click('text=Change 1 dead letter');
  await page.locator('h1', { hasText: '1 dead letter changed' }).waitFor();
  await page.click('text=Audit');
  const words = await page.textContent('main');
  expect(words).toContain('edits properties.revenue=5, properties.currency="EUR"');
});
