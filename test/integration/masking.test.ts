import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { startRelay } from '#local/relay-process.ts';
import { sealerOf } from '#store/sealing.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, SOURCES } from '#test/support/fleet.ts';
import { HOSTILE_VALUES } from '#test/support/hostile-values.ts';
import { readAllFacts } from '#test/support/read-dead-letters.ts';

const [PIXEL = ''] = PIXELS;
const [SOURCE = ''] = SOURCES;

let fleet: Fleet;

beforeEach(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: { control: { port: 0 } },
  });
});

afterEach(() => fleet.stop());

/** One that dies at ingest, or one that Meta refuses, with the value wherever people write such. */
function event(value: string, at: number, dies: 'ingest' | 'worker') {
  const goods = { name: value, brand: value, variant: value, category: value, coupon: value };
  const properties = {
    ...goods,
    order_id: value,
    total: value,
    status: value,
    revenue: 12.5,
    currency: dies === 'ingest' ? value : 'EUR',
    products: [{ ...goods, id: value, sku: value, price: 3.25, quantity: 2 }],
  };
  return {
    type: 'track',
    event: value,
    messageId: dies === 'ingest' ? value : `refused-${at}`,
    timestamp: new Date().toISOString(),
    userId: `u-${at}`,
    properties,
    context: { source: SOURCE, traits: { email: `jane${at}@example.com`, firstName: value } },
  };
}

async function capi(...args: string[]): Promise<string> {
  const { out, err } = await commandHere('dead-letters', [
    ...args,
    '--config',
    fleet.configuration,
  ]);
  return out + err;
}

async function lettersWhenAllDied(): Promise<string[]> {
  const sealer = sealerOf((await loadConfiguration(fleet.configuration, {})).sealing);
  let ids: string[] = [];
  await eventually(async () => {
    ids = [];
    for await (const { id } of readAllFacts(fleet.store, sealer)) ids.push(id);
    expect(ids).toHaveLength(2 * HOSTILE_VALUES.length + 1);
  });
  return ids;
}

/** Everything that people, log stores and scrapers get to see of these dead letters. */
async function everythingShown(ids: readonly string[]): Promise<Map<string, string>> {
  const shown = new Map<string, string>();
  const ask = async (...args: string[]) => shown.set(args.join(' '), await capi(...args));
  await ask('summary');
  await ask('summary', '--json');
  await ask('list', '--limit', '100');
  await ask('list', '--limit', '100', '--json');
  await ask('export');
  await ask('export', '--sealed');
  const options = {
    name: 'control',
    folder: fleet.folder,
    args: ['--config', fleet.configuration],
  };
  const control = await startRelay('control/main.ts', options);
  const page = async (path: string) =>
    shown.set(path, await (await fetch(control.url + path)).text());
  await page('/dead-letters');
  await page('/dead-letters/events');
  await page('/');
  for (const id of ids) {
    await page(`/dead-letters/events/${id}`);
  }
  for (const id of ids.slice(0, 6)) await ask('show', id, '--diff', '--json');
  for (const each of fleet.processes) {
    shown.set(`log of ${each.name}`, each.log());
    shown.set(`metrics of ${each.name}`, await (await fetch(`${each.url}/metrics`)).text());
  }
  shown.set('log of control', control.log());
  await control.stop();
  return shown;
}

test('no value of an event is shown, logged or exported; what is harmless is', async () => {
  await fleet.tell(
    'behaviour',
    [...HOSTILE_VALUES, 'harmless'].map((value, at) => ({
      pixel: PIXEL,
      kind: 'reject_event',
      eventId: [`refused-${at}`],
      message: `Invalid parameter: ${value}, that is "${value}" or '${value}', is not allowed`,
    })),
  );
  await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
  const control = { ...event('x', HOSTILE_VALUES.length, 'worker'), event: 'Order Completed' };
  const events = [
    ...HOSTILE_VALUES.flatMap((value, at) => [
      event(value, at, 'ingest'),
      event(value, at, 'worker'),
    ]),
    control,
  ];
  await fleet.send(events.map((each) => ({ key: null, value: JSON.stringify(each) })));
  const shown = await everythingShown(await lettersWhenAllDied());
  for (const [where, words] of shown) {
    const lower = words.toLowerCase();
    const found = HOSTILE_VALUES.filter((value) => lower.includes(value.toLowerCase()));
    expect({ where, found }).toEqual({ where, found: [] });
  }
  const all = [...shown.values()].join();
  for (const harmless of ['Purchase', 'EUR', '12.5', '3.25', 'Invalid parameter']) {
    expect(all).toContain(harmless);
  }
});
