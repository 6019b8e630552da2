import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { relayCommand } from '#local/relay-process.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, TOKEN } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';

const EVERYWHERE = PIXELS.slice(0, 2);
let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      ingest: { port: 0, stopTimeoutMs: 120_000, duplicates: { enabled: true } },
      receipts: { enabled: true },
      // Each event goes to two pixels.
      pixels: EVERYWHERE.map((pixelId) => ({ pixelId, accessToken: TOKEN })),
    },
  });
});

afterAll(async () => {
  await fleet.stop();
});

/** @param key decides on the partition */
function message(messageId: string | undefined, key: string) {
  const event = trackEvent({ messageId, timestamp: new Date().toISOString() });
  return { key, value: Buffer.from(JSON.stringify(event)) };
}

async function filtered(): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, ledger) => sum + ledger.filtered, 0);
}

/** The command in a process of its own. */
async function trace(id: string): Promise<string> {
  const { command, args } = relayCommand('cli/trace/main.ts');
  return (await commandAlone(command, [...args, id, '--config', fleet.configuration])).out;
}

test('what the producer wrote twice is sent once to each pixel, and what is replayed is sent', async () => {
  await fleet.tell('behaviour', { pixel: '*', kind: 'reject_event', eventId: 'rejected' });
  const first = await fleet.start('ingest');
  await fleet.start('worker');
  await fleet.send(['once', 'again', 'rejected'].map((id) => message(id, id)));
  await fleet.send([message(undefined, 'x'), message(undefined, 'x'), message('once', 'once')]);
  await settled(fleet, 2 * 6);
  expect(await filtered()).toBe(2);

  // Another ingest remembers nothing, so that it learns of them from Redis; in other partitions, too.
  await first.stop();
  await fleet.start('ingest');
  await fleet.send(['a', 'b', 'c', 'd'].map((key) => message('again', key)));
  await fleet.send([message('new', 'new'), message('new', 'other')]);
  await settled(fleet, 2 * 12);
  expect(await filtered()).toBe(2 + 2 * 5);

  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  const rejected = ['--where', 'reason:rejected_by_meta', '--yes'];
  await commandHere('replay', [...rejected, '--config', fleet.configuration]);
  await eventually(async () => {
    const accepted = await fleet.accepted();
    for (const id of ['once', 'again', 'new', 'rejected']) expect(accepted.get(id)).toBe(2);
  });
  expect(await trace('once')).toMatch(/delivered, in a request[\s\S]*filtered: duplicate/);
});
