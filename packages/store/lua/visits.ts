import { z } from 'zod';
import { NOW, QUEUE_LISTS } from './agenda.ts';
import type { Script, ScriptArgument, ScriptInput } from './scripts.ts';

/** Two scripts of BullMQ: what fetches a job, and what finds those that have stalled. */
export interface FetchScripts {
  readonly fetch: { readonly lua: string; readonly keys: number };
  readonly stalled: { readonly lua: string; readonly keys: number };
}

/** A visit to the queue of a pixel. */
export interface QueueVisit {
  readonly pixelId: string;
  /** How many envelopes may be fetched. */
  readonly most: number;
  /** What BullMQ puts before the names of a queue's keys. */
  readonly queuePrefix: string;
  /** Under which jobs are locked, each with a number behind it. */
  readonly token: string;
  /** Keys of a visit: `QUEUE_LISTS`, then those of BullMQ's script that fetches. */
  readonly keys: readonly string[];
  /** Keys and arguments of BullMQ's check for stalled jobs; null where it is not due. */
  readonly stalled: ScriptInput | null;
}

/** A job as it was fetched, its numbers as BullMQ keeps them. */
type FetchedFields = [id: string, data: string, failures: string, starts: string, stalls: string];

/** What a visit found: an error or nothing, whether more waits, and the jobs. */
export type VisitReply = [error: string, more: 0 | 1, jobs: FetchedFields[]];

const JOB: z.ZodType<FetchedFields> = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
]);

/** The jobs that a script of BullMQ fetches are bounded by nothing else: a limiter makes it ask the lane board. */
const LIMITER = '{max = 1000000000, duration = 1000}';

/**
 * Visits queues of pixels: finds stalled jobs where that is due, fetches jobs, and writes into the
 * agenda when each queue has to be visited again. What fails for one pixel is answered for that one,
 * and it is visited again soon; what was fetched of it until then is answered all the same.
 *
 * KEYS agenda trial, then those of each visit · ARGV the caller's time in ms, ms of a lock, the times
 * of `VisitTimes`, then of each visit: pixel, prefix, token, most, and the number of arguments for
 * stalled ones with these
 */
export function fetchScript({ fetch, stalled }: FetchScripts): Script<VisitReply[]> {
  return {
    name: 'capiFetch',
    lua: () => `${NOW}
local function fetch_job(KEYS, ARGV)
${fetch.lua}
end
local function find_stalled(KEYS, ARGV)
${stalled.lua}
end
local agenda = KEYS[1]
redis.call('DEL', KEYS[2])
local key_at, arg_at = 2, 5
local function next_arg() arg_at = arg_at + 1 return ARGV[arg_at] end
local function next_keys(n)
  local keys = {}
  for i = 1, n do keys[i] = KEYS[key_at + i] end
  key_at = key_at + n
  return keys
end
local clock, lock_ms = ARGV[1], tonumber(ARGV[2])
local share, recheck, full = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local function again(pixel, ms) redis.call('ZADD', agenda, now + ms, pixel) end

local function visit(pixel, prefix, token, most, lists, keys, stalled, jobs)
  local wait, prioritized, delayed, active = unpack(lists)
  if stalled and redis.call('EXISTS', active) == 1 then find_stalled(stalled.keys, stalled.args) end
  local limited = 0
  while #jobs < most do
    local opts = {token = token .. (#jobs + 1), lockDuration = lock_ms, limiter = ${LIMITER}}
    local answer = fetch_job(keys, {prefix, clock, cmsgpack.pack(opts)})
    local id = answer[2]
    if not id or id == 0 then
      limited = tonumber(answer[3]) or 0
      break
    end
    local fields = {}
    for i = 1, #answer[1], 2 do fields[answer[1][i]] = answer[1][i + 1] end
    jobs[#jobs + 1] = {id, fields.data or '', fields.atm or fields.attemptsMade or '0', fields.ats or '0', fields.stc or '0'}
    if redis.call('EXISTS', wait, prioritized) == 0 then break end
  end
  if redis.call('EXISTS', wait, prioritized) > 0 then
    if limited > 0 then again(pixel, math.min(limited + 1, recheck))
    elseif #jobs == most then
      redis.call('ZADD', agenda, 'LT', now + share, pixel)
      return 1
    -- Nothing may be active at all: a person has paused it, and rings when it goes on.
    else again(pixel, redis.call('EXISTS', active) == 1 and full or recheck) end
    return 0
  end
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  if first[1] then again(pixel, math.min(math.max(first[2] / 0x1000 - clock, 0) + 1, recheck))
  elseif redis.call('EXISTS', active) == 1 then again(pixel, recheck)
  else redis.call('ZREM', agenda, pixel) end
  return 0
end

local answers = {}
while arg_at < #ARGV do
  local pixel, prefix, token, most = next_arg(), next_arg(), next_arg(), tonumber(next_arg())
  local lists, keys = next_keys(${QUEUE_LISTS.length}), next_keys(${fetch.keys})
  local size, stalled = tonumber(next_arg()), nil
  if size > 0 then
    stalled = {keys = next_keys(${stalled.keys}), args = {}}
    for i = 1, size do stalled.args[i] = next_arg() end
  end
  local jobs = {}
  local done, more = pcall(visit, pixel, prefix, token, most, lists, keys, stalled, jobs)
  local failure = ''
  if not done then
    failure = type(more) == 'table' and more.err or tostring(more)
    more = 0
    pcall(again, pixel, full)
  end
  answers[#answers + 1] = {failure, more, jobs}
end
return answers
`,
    reply: z.array(z.tuple([z.string(), z.literal([0, 1]), z.array(JOB)])),
  };
}

/** What one command does at most: some milliseconds of Redis, and an answer of some megabytes. */
const MOST_VISITS = 50;
const MOST_ENVELOPES = 64;

/** Visits by the command that they go into, in their order. */
export function commandsOf<T extends { readonly visit: Pick<QueueVisit, 'most'> }>(
  visits: readonly T[],
): T[][] {
  const commands: T[][] = [];
  let envelopes = 0;
  for (const each of visits) {
    const command = commands.at(-1);
    envelopes += each.visit.most;
    if (command === undefined || command.length === MOST_VISITS || envelopes > MOST_ENVELOPES) {
      commands.push([each]);
      envelopes = each.visit.most;
    } else command.push(each);
  }
  return commands;
}

/** The keys and arguments of visits, as the script reads them. */
export function visitInput(visits: readonly QueueVisit[]): ScriptInput {
  const args = visits.flatMap((visit): ScriptArgument[] => {
    const { pixelId, queuePrefix, token, most, stalled } = visit;
    const checked = stalled === null ? [] : stalled.args;
    return [pixelId, queuePrefix, token, most, checked.length, ...checked];
  });
  const keys = visits.flatMap(({ keys: own, stalled }) => [...own, ...(stalled?.keys ?? [])]);
  return { keys, args };
}
