import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NEWEST_GRAPH_VERSION } from '#core/outcome/graph-versions.ts';
import { Fleet, PIXELS, TOKEN } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { type ReceivedSpan, receiveSpans, type SpanReceiver } from '#test/support/span-receiver.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 60;
const TRACED = 40;

let fleet: Fleet;
let receiver: SpanReceiver;
/** Trace id → the span that the message was sent in. */
const sent = new Map<string, string>();

beforeAll(async () => {
  receiver = await receiveSpans();
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sandboxArgs: ['--pixels', PIXELS.map((pixel) => `${pixel}:${TOKEN}`).join()],
  });
  const { messages } = createTraffic('tracing', MESSAGES);
  await fleet.send(messages.map((each, index) => ({ ...each, headers: headersOf(index) })));
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_RESOURCE_ATTRIBUTES: 'zone=eu' };
  await Promise.all([fleet.start('ingest', env), fleet.start('worker', env)]);
  await settled(fleet, MESSAGES);
  // An orderly stop sends what is held.
  await Promise.all(fleet.processes.map((each) => each.stop()));
});

afterAll(async () => {
  await fleet.stop();
  receiver.close();
});

/** The first are recorded, the next few are known and not recorded, the last have none. */
function headersOf(index: number): Record<string, string> {
  const [trace, span] = [randomBytes(16), randomBytes(8)].map((id) => id.toString('hex'));
  if (index < TRACED) sent.set(trace ?? '', span ?? '');
  if (index >= TRACED + 10) return {};
  return { traceparent: `00-${trace}-${span}-0${index < TRACED ? 1 : 0}` };
}

function linked(spans: readonly ReceivedSpan[]): Map<string, string> {
  return new Map(
    spans.flatMap(({ links }) => links.map(({ traceId, spanId }) => [traceId, spanId] as const)),
  );
}

describe('an OTLP endpoint gets', () => {
  test('a span for each intake, linked to the traces of its messages', () => {
    const intakes = receiver.spans.filter(({ service }) => service === 'capi-relay-ingest');
    expect(linked(intakes)).toEqual(sent);
    for (const { name, attributes, parentSpanId } of intakes) {
      expect(name).toBe(`intake ${fleet.topic}`);
      expect(parentSpanId ?? '').toBe('');
      expect(attributes).toMatchObject({
        'messaging.system': 'kafka',
        'messaging.destination.name': fleet.topic,
        'messaging.consumer.group.name': fleet.topic,
      });
    }
  });

  test('a span for each batch, linked to the traces of its events', () => {
    const batches = receiver.spans.filter(({ name }) => name === 'deliver batch');
    expect(linked(batches)).toEqual(sent);
    const delivered = batches.map(({ attributes }) => Number(attributes['capi.batch.delivered']));
    expect(delivered.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(TRACED);
    expect(batches.every(({ failed }) => !failed)).toBe(true);
  });

  test('the request of each batch below it', () => {
    const batches = receiver.spans.filter(({ name }) => name === 'deliver batch');
    const requests = receiver.spans.filter(({ name }) => name.startsWith('POST '));
    expect(requests.length).toBeGreaterThanOrEqual(batches.length);
    for (const { traceId, parentSpanId, attributes } of requests) {
      const [batch] = batches.filter((each) => each.spanId === parentSpanId);
      expect(batch?.traceId).toBe(traceId);
      expect(attributes).toMatchObject({
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        'url.template': `/${NEWEST_GRAPH_VERSION}/{pixel}/events`,
        'server.address': '127.0.0.1',
      });
    }
  });

  test('what the environment says of the process, and nothing of a person or a token', () => {
    const text = receiver.text();
    expect(text).toContain('"zone"');
    expect(text).not.toContain(TOKEN);
    expect(text).not.toMatch(/[\w.]+@[\w.]+/);
  });
});
