/**
 * Names of attributes. The messaging ones are not stable yet, and so they stand here alone.
 * Source: OpenTelemetry semantic conventions 1.37: messaging spans, HTTP client spans. Ours begin with
 * `capi.`.
 */
export const NAMES = {
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
