import { describe, expect, test } from '@jest/globals';
import { HalfWrittenError } from '#store/lua/atomic.ts';
import { isElsewhere, isPassing, redisFault } from '#store/redis-fault.ts';
import { NotLocated } from '#store/topology/not-located.ts';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

describe('what Redis did not do, by why', () => {
  test.each([
    ["NOPERM User relay has no permissions to run the 'mget' command", 'not_allowed'],
    ['NOAUTH Authentication required.', 'not_allowed'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'not_allowed'],
    ['MOVED 3999 127.0.0.1:6381', 'moved'],
    ["CROSSSLOT Keys in request don't hash to the same slot", 'moved'],
    ["READONLY You can't write against a read only replica.", 'read_only'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'full'],
    ['MISCONF Redis is configured to save RDB snapshots', 'full'],
    ['LOADING Redis is loading the dataset in memory', 'loading'],
    ['BUSY Redis is busy running a script.', 'loading'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'wrong_type'],
    [
      'ERR Error running script: WRONGTYPE Operation against a key holding the wrong kind',
      'wrong_type',
    ],
    [
      "ERR The user executing the script can't run this command or subcommand script: e3f",
      'not_allowed',
    ],
    ['UNBLOCKED force unblock from blocking operation, instance state changed', 'read_only'],
    ['NOREPLICAS Not enough good replicas to write.', 'loading'],
    ['ERR Script attempted to access a non local key in a cluster node script: e3f', 'moved'],
    ['ERR Script attempted to execute a write command while the cluster is down', 'moved'],
    ["ERR unknown command 'evalsha'", 'other'],
    ['', 'other'],
  ])('the reply %s', (message, fault) => {
    expect(redisFault(reply(message))).toBe(fault);
  });

  test.each([
    [new Error('Command timed out'), 'timeout'],
    [Object.assign(new Error('x'), { name: 'MaxRetriesPerRequestError' }), 'connection'],
    [Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'connection'],
    [new Error('Connection is closed.'), 'connection'],
    [new NotLocated('no Sentinel says where the primary is'), 'connection'],
    [new HalfWrittenError('ERR x; not taken back: ERR y'), 'half_written'],
    [new Error('anything'), 'other'],
    ['no error at all', 'other'],
  ])('%s', (error, fault) => {
    expect(redisFault(error)).toBe(fault);
  });

  test.each([
    ["READONLY You can't write against a read only replica.", true],
    ["ERR Error running script: -READONLY You can't write", true],
    ['MOVED 3999 127.0.0.1:6381', true],
    ['CLUSTERDOWN The cluster is down', true],
    ['NOREPLICAS Not enough good replicas to write.', true],
    ['ASK 3999 127.0.0.1:6381', false],
    ['TRYAGAIN Multiple keys request during rehashing of slot', false],
    ['LOADING Redis is loading the dataset in memory', false],
  ])('another server is looked for after %s', (message, expected) => {
    expect(isElsewhere(reply(message))).toBe(expected);
    expect(isElsewhere(new Error(message))).toBe(false);
  });

  test('waiting helps only where no one has to change anything', () => {
    expect(['connection', 'timeout', 'loading'].every((fault) => isPassing(fault as never))).toBe(
      true,
    );
    expect(
      ['not_allowed', 'moved', 'full', 'other'].some((fault) => isPassing(fault as never)),
    ).toBe(false);
  });
});
