import { setTimeout as sleep } from 'node:timers/promises';
import {
  DiagLogLevel,
  diag,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { readTraceContext } from '#core/event/trace-context.ts';
import { VERSION } from '#process/version.ts';
import {
  type BatchFacts,
  type BatchSpan,
  MOST_LINKS,
  type Tracing,
  type TracingOptions,
} from './tracing.ts';

/**
 * Attribute names; our own start with `capi.`.
 * Source: OpenTelemetry semantic conventions 1.37 (messaging spans, not stable yet; HTTP client spans).
 */
const NAMES = {
  system: 'messaging.system',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  group: 'messaging.consumer.group.name',
  messages: 'messaging.batch.message_count',
  method: 'http.request.method',
  status: 'http.response.status_code',
  template: 'url.template',
  url: 'url.full',
  host: 'server.address',
  port: 'server.port',
  error: 'error.type',
  pixel: 'capi.pixel',
  trigger: 'capi.batch.trigger',
  traced: 'capi.batch.traced_events',
  delivered: 'capi.batch.delivered',
  dead: 'capi.batch.dead',
  later: 'capi.batch.later',
  events: 'capi.request.events',
} as const;

/** How long the end of a process waits for its last spans to be sent, in ms. */
const PATIENCE_MS = 2000;

/**
 * Spans for traced events. A batch holds events of many traces, so its span starts a trace of its own
 * and links to each of theirs.
 */
export function createTracing(options: TracingOptions): Tracing {
  const provider = createProvider(options);
  const tracer = provider.getTracer('capi-relay', VERSION);
  return {
    contextOf: readTraceContext,
    intake({ topics, groupId, messages, contexts, startedAt }) {
      const links = linksOf(contexts);
      if (links.length === 0) return;
      const [topic = ''] = topics.length === 1 ? topics : [];
      const attributes = {
        [NAMES.system]: 'kafka',
        [NAMES.operationName]: 'intake',
        [NAMES.operationType]: 'process',
        [NAMES.group]: groupId,
        [NAMES.messages]: messages,
        ...(topic === '' ? {} : { [NAMES.destination]: topic }),
      };
      const about = { kind: SpanKind.CONSUMER, startTime: startedAt, links, attributes };
      tracer.startSpan(`intake ${topic}`.trim(), about, ROOT_CONTEXT).end();
    },
    batch: (facts) => startBatch(tracer, facts, options.graphApi),
    async stop() {
      const late = sleep(PATIENCE_MS, undefined, { ref: false });
      await Promise.race([provider.shutdown().catch(options.onFailure), late]);
    },
  };
}

/** One link for each context, however many events share it. */
function linksOf(contexts: Iterable<string | null>): Link[] {
  const links = new Map<string, Link>();
  for (const context of contexts) {
    if (context === null || links.has(context)) continue;
    const [traceId = '', spanId = ''] = context.split('-');
    const traceFlags = TraceFlags.SAMPLED;
    links.set(context, { context: { traceId, spanId, traceFlags, isRemote: true } });
    if (links.size === MOST_LINKS) break;
  }
  return [...links.values()];
}

type GraphApi = TracingOptions['graphApi'];

function startBatch(
  tracer: Tracer,
  { pixelId, trigger, records }: BatchFacts,
  graphApi: GraphApi,
): BatchSpan | null {
  const traced = records.flatMap(({ trace: context }) => context ?? []);
  if (traced.length === 0) return null;
  const attributes = {
    [NAMES.system]: 'bullmq',
    [NAMES.operationName]: 'deliver',
    [NAMES.operationType]: 'process',
    [NAMES.messages]: records.length,
    [NAMES.pixel]: pixelId,
    [NAMES.trigger]: trigger,
    [NAMES.traced]: traced.length,
  };
  const about = { kind: SpanKind.CONSUMER, links: linksOf(traced), attributes };
  const span = tracer.startSpan('deliver batch', about, ROOT_CONTEXT);
  return {
    request: (events) => startRequest(tracer, span, { pixelId, events, graphApi }),
    end({ delivered, dead, later }) {
      span.setAttribute(NAMES.delivered, delivered);
      span.setAttribute(NAMES.dead, dead);
      span.setAttribute(NAMES.later, later);
      if (dead + later > 0) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function startRequest(
  tracer: Tracer,
  batch: Span,
  { pixelId, events, graphApi }: { pixelId: string; events: number; graphApi: GraphApi },
): ReturnType<BatchSpan['request']> {
  const { origin, hostname, port, protocol } = new URL(graphApi.url);
  const template = `/${graphApi.version}/{pixel}/events`;
  const attributes = {
    [NAMES.method]: 'POST',
    [NAMES.template]: template,
    [NAMES.url]: `${origin}/${graphApi.version}/${pixelId}/events`,
    [NAMES.host]: hostname,
    [NAMES.port]: Number(port) || (protocol === 'https:' ? 443 : 80),
    [NAMES.events]: events,
  };
  const about = { kind: SpanKind.CLIENT, attributes };
  const span = tracer.startSpan(`POST ${template}`, about, trace.setSpan(ROOT_CONTEXT, batch));
  return {
    end(status, cause) {
      const failed = status === null || status >= 400;
      if (status !== null) span.setAttribute(NAMES.status, status);
      if (failed) {
        span.setAttribute(NAMES.error, cause ?? String(status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

/** The `OTEL_*` variables set sampler, limits, batching, endpoint, headers and resource. */
function createProvider({ service, onFailure }: TracingOptions): NodeTracerProvider {
  const fail = (message: string): void => onFailure(new Error(messageOf(message)));
  const silent = (): void => {};
  const logger = { error: fail, warn: fail, info: silent, debug: silent, verbose: silent };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const own = resourceFromAttributes({
    'service.name': `capi-relay-${service}`,
    'service.version': VERSION,
    'service.instance.id': `${process.pid}`,
  });
  const given = detectResources({ detectors: [envDetector] });
  return new NodeTracerProvider({
    resource: defaultResource().merge(own).merge(given),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
}

/**
 * The message alone: the SDK writes an error as JSON with its stack and the response of the endpoint,
 * which may repeat a header of ours.
 */
function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly message?: unknown }).message ?? 'unknown');
  } catch {
    return text;
  }
}
