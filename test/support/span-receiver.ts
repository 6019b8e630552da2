import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type Attributes = Readonly<Record<string, unknown>>;

/** A span as OTLP carries it in JSON, as far as tests look at it. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly attributes: Attributes;
  readonly failed: boolean;
}

export interface SpanReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** All that came, as text. */
  text(): string;
  close(): void;
}

interface WrittenAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface WrittenSpan extends Omit<ReceivedSpan, 'service' | 'attributes' | 'failed' | 'links'> {
  readonly links?: ReceivedSpan['links'];
  readonly attributes: readonly WrittenAttribute[];
  readonly status?: { readonly code?: number };
}

interface Written {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WrittenAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WrittenSpan[] }[];
  }[];
}

/** Source: OpenTelemetry protocol, `StatusCode`. */
const ERROR = 2;

/** An OTLP/HTTP endpoint that keeps what it gets. */
export async function receiveSpans(): Promise<SpanReceiver> {
  const bodies: Written[] = [];
  const server = createServer(async (request, response) => {
    bodies.push((await json(request)) as Written);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get spans() {
      return bodies.flatMap(spansOf);
    },
    text: () => JSON.stringify(bodies),
    close: () => void server.close(),
  };
}

function spansOf({ resourceSpans }: Written): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(attributesOf(resource.attributes)['service.name']);
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map(({ attributes, status, links = [], ...span }) => ({
        ...span,
        service,
        links,
        attributes: attributesOf(attributes),
        failed: status?.code === ERROR,
      }));
  });
}

function attributesOf(written: readonly WrittenAttribute[]): Attributes {
  return Object.fromEntries(written.map(({ key, value }) => [key, Object.values(value)[0]]));
}
