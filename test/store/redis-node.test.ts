import { describe, expect, test } from '@jest/globals';
import { describeNode, nodeFindings, type RedisNode } from '#store/redis-node.ts';

const NODE: RedisNode = {
  version: '7.2.4',
  role: 'primary',
  replicas: 1,
  clustered: false,
  appendOnly: true,
  snapshots: true,
  minReplicas: 1,
  clients: 10,
  maxClients: 10_000,
  evicts: 'noeviction',
  memoryLimit: '1',
  unasked: [],
};

test.each<[Partial<RedisNode>, string]>([
  [
    {},
    'primary of Redis 7.2.4; 1 replica, min-replicas-to-write 1; append-only file and snapshots; 10 of 10000 connections',
  ],
  [
    { replicas: 0, minReplicas: null, snapshots: null, maxClients: null },
    '0 replicas; append-only file; 10 of an unknown number of connections',
  ],
  [{ role: 'replica', version: '' }, 'replica of Redis of an unknown version'],
  [{ appendOnly: false, snapshots: null }, 'no append-only file'],
  [{ appendOnly: false, snapshots: false }, 'no persistence'],
])('%j is described', (more, text) => {
  expect(describeNode({ ...NODE, ...more })).toContain(text);
});

describe('what a person should know', () => {
  test.each<[string, Partial<RedisNode>, string, string]>([
    ['too few replicas', { minReplicas: 2 }, 'danger', 'refuses every write'],
    ['none has to have a write', { minReplicas: 0 }, 'warning', 'what no replica had yet'],
    [
      'no room for a worker',
      { clients: 995, maxClients: 1000 },
      'warning',
      'room for 5 more connections, and a worker makes 6 with 4 pixels',
    ],
  ])('%s', (_, more, level, problem) => {
    const findings = nodeFindings({ ...NODE, ...more }, 4);
    expect(findings).toEqual([
      { level, problem: expect.stringContaining(problem), fix: expect.any(String) },
    ]);
  });

  test.each<[string, Partial<RedisNode>]>([
    ['all is well', {}],
    ['nothing is replicated', { replicas: 0, minReplicas: 0 }],
    ['nothing may be asked', { minReplicas: null, maxClients: null }],
    ['there is room for just one worker', { clients: 994, maxClients: 1000 }],
  ])('nothing is said where %s', (_, more) => {
    expect(nodeFindings({ ...NODE, ...more }, 4)).toEqual([]);
  });
});
