import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { isTraced, startTracing } from '#tracing/start.ts';
import { NO_TRACING } from '#tracing/tracing.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('spans are made', () => {
  test.each<[string, boolean | null, Record<string, string>, boolean]>([
    ['nowhere by default', null, {}, false],
    ['where an endpoint is named', null, ENDPOINT, true],
    [
      'where one for traces is named',
      null,
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c' },
      true,
    ],
    ['not where it is empty', null, { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    ['where the configuration says so', true, {}, true],
    ['not where the configuration says so', false, ENDPOINT, false],
    ['not where the SDK is disabled', true, { OTEL_SDK_DISABLED: 'true' }, false],
    ['not without an exporter', true, { OTEL_TRACES_EXPORTER: 'none' }, false],
  ])('%s', (_, enabled, env, traced) => {
    expect(isTraced(enabled, env)).toBe(traced);
  });
});

describe('while tracing is off', () => {
  const configuration = {
    tracing: { enabled: null },
    graphApi: { url: 'http://localhost', version: 'v25.0', canary: null, timeoutMs: 1 },
  };

  test('nothing is read from a message and nothing is made', async () => {
    const tracing = await startTracing('ingest', configuration, { failed() {} }, {});
    expect(tracing).toBe(NO_TRACING);
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(tracing.contextOf({ traceparent })).toBeNull();
    expect(tracing.batch({ pixelId: '1', trigger: 'count', records: [] })).toBeNull();
  });

  test('nothing of OpenTelemetry is loaded by what starts it', async () => {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
      await import('#tracing/start.ts');
      console.log(loaded.filter((url) => url.includes('@opentelemetry')).length, loaded.length > 0);`;
    const args = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout.trim()).toBe('0 true');
  });
});
