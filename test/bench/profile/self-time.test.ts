import { expect, test } from '@jest/globals';
import { type HeapNode, selfSizes, selfTimes } from './self-time.ts';

const ROOT = '/home/me/capi-relay';

test.each<[string, string, string]>([
  [`file://${ROOT}/packages/core/mapping/mapper.ts`, 'map', 'packages/core'],
  [`file://${ROOT}/services/ingest/main.ts`, '', 'services/ingest'],
  [`file://${ROOT}/node_modules/kafkajs/src/consumer/batch.js`, 'read', 'kafkajs'],
  [`${ROOT}/node_modules/@scope/name/index.js`, 'x', '@scope/name'],
  [`file://${ROOT}/node_modules/a/node_modules/b/index.js`, 'x', 'b'],
  ['file:///elsewhere/x.js', 'x', 'elsewhere'],
  ['node:internal/streams/readable', 'read', 'node:internal/streams'],
  ['node:zlib', 'write', 'node:zlib'],
  ['', '(garbage collector)', 'garbage collector'],
  ['', '(program)', 'outside of JavaScript'],
  ['', 'JSON.parse', "V8's own functions"],
  ['', 'constructor', "V8's own functions"],
])('the time of %s %s is that of %s', (url, functionName, room) => {
  const nodes = [{ id: 1, callFrame: { functionName, url } }];
  const profile = { nodes, samples: [1, 1], timeDeltas: [100, 50] };
  expect(selfTimes(profile, ROOT)).toEqual([{ room, own: 150 }]);
});

test('most first; waiting, and a clock that went back, count for nothing', () => {
  const frame = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url },
  });
  const nodes = [frame(1, '(idle)', ''), frame(2, 'a', 'node:a'), frame(3, 'b', 'node:b')];
  const profile = { nodes, samples: [1, 2, 3, 3, 2], timeDeltas: [900, 10, 20, 20, -5] };
  expect(selfTimes(profile, ROOT)).toEqual([
    { room: 'node:b', own: 40 },
    { room: 'node:a', own: 10 },
  ]);
});

test('memory is that of all nodes below the head', () => {
  const node = (url: string, selfSize: number, children: readonly HeapNode[] = []): HeapNode => ({
    callFrame: { functionName: 'f', url },
    selfSize,
    children,
  });
  const head = node('', 0, [node('node:a', 10, [node('node:b', 30)]), node('node:a', 5)]);
  expect(selfSizes(head, ROOT)).toEqual([
    { room: 'node:b', own: 30 },
    { room: 'node:a', own: 15 },
  ]);
});
