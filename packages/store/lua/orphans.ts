import { z } from 'zod';
import { ENVELOPE_KEYS, envelopePrelude, rehearsal } from './envelopes.ts';
import type { Script } from './scripts.ts';

/** What was wrong with an envelope, and was set right; see `HEAL`. */
export const ORPHANS = ['lost', 'settled', 'restored', 'requeued'] as const;
export type Orphan = (typeof ORPHANS)[number];

/**
 * Sets right what belongs together and is not: an open entry, the job that has the events, and the
 * list that the job stands in. Nothing is done while a worker holds the envelope. Answers what it was:
 *
 * - `sound`: all of it is there, or nothing.
 * - `lost`: an entry without a job. Its events are not in Redis any more, and nothing says what became
 *   of them: the ledger counts them as lost, no longer as queued.
 * - `settled`: a job without an entry, which was settled. It is removed.
 * - `restored`: a job without an entry while the ledger waits for its events: they are sent.
 * - `requeued`: a job in no list, which no worker would ever fetch: it waits again.
 *
 * It tries its commands on another key first, and reads from every key that it writes to: were one
 * refused after the entry is gone, the ledger would count its events as queued for ever.
 *
 * KEYS those of the envelope, failed, trial · ARGV id, nothing. Answers the word, and how many events
 * it is about.
 */
export const HEAL: Script<[Orphan | 'sound', events: number]> = {
  name: 'capiHeal',
  lua: () => `${envelopePrelude(1)}
local failed = KEYS[${ENVELOPE_KEYS + 1}]
if holder then return {'sound', 0} end
${rehearsal(`KEYS[${ENVELOPE_KEYS + 2}]`)}
redis.call('HMGET', ledger, 'queued', 'lost')
redis.call('HEXISTS', suspects, id)
redis.call('HEXISTS', unreadable, id)
redis.call('SISMEMBER', stalled, id)
redis.call('ZCARD', marker)
local listed = redis.call('LPOS', active, id) or redis.call('LPOS', wait, id)
  or redis.call('ZSCORE', delayed, id) or redis.call('ZSCORE', prioritized, id)
  or redis.call('ZSCORE', failed, id)
if not data then
  if not entry then
    unlist()
    return {'sound', 0}
  end
  unlist()
  redis.call('HDEL', open, id)
  redis.call('HDEL', suspects, id)
  redis.call('HDEL', unreadable, id)
  redis.call('DEL', job)
  redis.call('HINCRBY', ledger, 'queued', -entry)
  redis.call('HINCRBY', ledger, 'lost', entry)
  return {'lost', entry}
end
local found = 'sound'
if not entry then found = without_entry() end
if found ~= 'settled' and not listed then
  redis.call('SREM', stalled, id)
  to_wait()
  if found == 'sound' then found = 'requeued' end
end
return {found, count_of(data)}
`,
  reply: z.tuple([z.enum(['sound', ...ORPHANS]), z.int()]),
};

/** How many keys of a pixel the next script takes: its open entries, and every list of its jobs. */
const UNEVEN_KEYS = 6;

/**
 * Which of some pixels have more open entries than jobs, or fewer. They change in one step, so there
 * is no moment at which a sound pixel is among them.
 *
 * KEYS of each pixel: open wait active prioritized delayed failed. Answers their numbers, from 0.
 */
export const UNEVEN: Script<number[]> = {
  name: 'capiUneven',
  lua: () => `
local uneven = {}
for at = 1, #KEYS, ${UNEVEN_KEYS} do
  local jobs = redis.call('LLEN', KEYS[at + 1]) + redis.call('LLEN', KEYS[at + 2])
  for set = 3, 5 do jobs = jobs + redis.call('ZCARD', KEYS[at + set]) end
  if jobs ~= redis.call('HLEN', KEYS[at]) then
    uneven[#uneven + 1] = (at - 1) / ${UNEVEN_KEYS}
  end
end
return uneven
`,
  reply: z.array(z.int()),
};
