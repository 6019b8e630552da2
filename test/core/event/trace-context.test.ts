import { expect, test } from '@jest/globals';
import { readTraceContext } from '#core/event/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const KEPT = `${TRACE}-${SPAN}`;

test.each<[string, string, string | null]>([
  ['a context that is recorded', `00-${TRACE}-${SPAN}-01`, KEPT],
  ['with another flag beside it', `00-${TRACE}-${SPAN}-03`, KEPT],
  ['of a later version, which may say more', `01-${TRACE}-${SPAN}-01-more`, KEPT],
  ['one that is not recorded', `00-${TRACE}-${SPAN}-00`, null],
  ['more than its version has', `00-${TRACE}-${SPAN}-01-more`, null],
  ['the version that is none', `ff-${TRACE}-${SPAN}-01`, null],
  ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`, null],
  ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`, null],
  ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`, null],
  ['something else', 'jane@example.com', null],
  ['nothing', '', null],
])('%s', (_, traceparent, kept) => {
  expect(readTraceContext({ traceparent: Buffer.from(traceparent) })).toBe(kept);
  expect(readTraceContext({ traceparent: [traceparent, 'another'] })).toBe(kept);
});

test('no header', () => {
  expect(readTraceContext({})).toBeNull();
  expect(readTraceContext({ traceparent: undefined })).toBeNull();
  expect(readTraceContext({ traceparent: [] })).toBeNull();
});
