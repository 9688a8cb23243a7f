import { type CounterReplies, counterScripts } from './counters-scripts.ts';
import { type LineReplies, lineScripts } from './line-scripts.ts';
import { type NameReplies, nameScripts } from './name-scripts.ts';

// Each script is one step that is whole, on the rows of one slot. Texts are JSON that no script reads: `cjson` would not give
// lone surrogates and empty lists back. The rows of a conversation are KEYS[1] to KEYS[6]: record, messages, inbox, nudges, once,
// directory; of these the first five live as long as the retention says, from the last change on, and the directory until the
// sweeper has seen to what it names.

/** ARGV[1] is the retention in milliseconds, 0 for none. Costs nothing where there is none and never was. */
const touch = `
local function touch()
  if ARGV[1] ~= '0' then
    for i = 1, 5 do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
  elseif redis.call('PTTL', KEYS[1]) > 0 then
    for i = 1, 5 do redis.call('PERSIST', KEYS[i]) end
  end
end
`;

/** ARGV[2]: the message; ARGV[3]: its time; ARGV[4]: 1 if an operator says it. Gives its sequence: its place in the list. */
const append = `
local function append()
  local sequence = redis.call('RPUSH', KEYS[2], ARGV[2])
  local at = '0 ' .. ARGV[3]
  redis.call('HSET', KEYS[1], 'count', sequence, '["updatedAt"]', at, '["lastMessageAt"]', at)
  if ARGV[4] == '1' then redis.call('ZADD', KEYS[3], sequence, sequence) end
  return sequence
end
`;

const ifThere = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
`;

const script = (numberOfKeys: number, ...parts: readonly string[]) => ({ numberOfKeys, lua: parts.join('') });

export const scripts = {
  ...counterScripts,
  ...lineScripts,
  ...nameScripts,
  /** ARGV[2]: what it is begun with; ARGV[3]: its directory. 1, or 0 if the id is taken. */
  openRecord: script(
    6,
    touch,
    `
if redis.call('EXISTS', KEYS[1], KEYS[6]) > 0 then return 0 end
redis.call('HSET', KEYS[1], 'begun', ARGV[2], 'count', 0, 'collected', 0)
redis.call('SET', KEYS[6], ARGV[3])
touch()
return 1`,
  ),
  /** ARGV[2]: the collected sequence; from ARGV[3] on: paths and their values. A new path gets a place after all others. */
  changeRecord: script(
    6,
    touch,
    ifThere,
    `
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'collected')) then
  redis.call('HSET', KEYS[1], 'collected', ARGV[2])
end
for i = 3, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  local place = known and known:match('^%d+') or redis.call('HLEN', KEYS[1])
  redis.call('HSET', KEYS[1], ARGV[i], place .. ' ' .. ARGV[i + 1])
end
touch()
return redis.call('HGETALL', KEYS[1])`,
  ),
  /** ARGV[1]: `unused` to leave one in which somebody spoke. Whether it was there, and is gone now. */
  removeRecord: script(
    6,
    `
if ARGV[1] == 'unused' and redis.call('HGET', KEYS[1], 'count') ~= '0' then return 0 end
local there = redis.call('EXISTS', KEYS[1])
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
return there`,
  ),
  /**
   * ARGV[5]: a once-key or nothing; ARGV[6]: the message's id; ARGV[7]: when the key expires. The same claim stores its message
   * once, whoever asks for it how often. The sequence, and that of the reply if there is one.
   */
  appendMessage: script(
    6,
    touch,
    append,
    ifThere,
    `
local once = ARGV[5] ~= '' and redis.call('HGET', KEYS[5], ARGV[5])
if once then
  local sequence, id = once:match('^(%d+) %d+ (.*)$')
  if id == ARGV[6] then return { tonumber(sequence), tonumber(redis.call('HGET', KEYS[5], ARGV[5] .. '/answer')) } end
end
local sequence = append()
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[5], ARGV[5], sequence .. ' ' .. ARGV[7] .. ' ' .. ARGV[6])
  redis.call('HDEL', KEYS[5], ARGV[5] .. '/answer')
end
touch()
return { sequence }`,
  ),
  /**
   * ARGV[5]: the once-key that it answers, or nothing; ARGV[6]: the time; ARGV[7]: its id. What was kept of it while its process was
   * taken for dead gives way to it. Where another reply has answered the once-key, the sequence of that one, below zero.
   */
  appendReply: script(
    6,
    touch,
    append,
    ifThere,
    `
local answered = ARGV[5] ~= '' and redis.call('HGET', KEYS[5], ARGV[5] .. '/answer')
if answered then return -tonumber(answered) end
local kept = redis.call('HGET', KEYS[5], 'kept/' .. ARGV[7])
if kept then redis.call('LSET', KEYS[2], tonumber(kept) - 1, ARGV[2]) end
local sequence = kept and tonumber(kept) or append()
local once = ARGV[5] ~= '' and redis.call('HGET', KEYS[5], ARGV[5])
if once and tonumber(once:match('^%d+ (%d+)')) > tonumber(ARGV[6]) then
  redis.call('HSET', KEYS[5], ARGV[5] .. '/answer', sequence)
end
touch()
return sequence`,
  ),
  /** ARGV[5]: its id. The sequence of the message that has that id, among the newest, or has it now; and 1 in the latter case. */
  keepReply: script(
    6,
    touch,
    append,
    ifThere,
    `
local total = redis.call('LLEN', KEYS[2])
local latest = redis.call('LRANGE', KEYS[2], -50, -1)
for place, text in ipairs(latest) do
  if text:find('"id":"' .. ARGV[5] .. '"', 1, true) then return { total - #latest + place, 0 } end
end
local sequence = append()
redis.call('HSET', KEYS[5], 'kept/' .. ARGV[5], sequence)
touch()
return { sequence, 1 }`,
  ),
  /** ARGV[1]: a once-key; ARGV[2]: the id of its message. As `appendMessage` says it, or nothing if it was not stored. */
  readOnce: script(
    6,
    ifThere,
    `
local once = redis.call('HGET', KEYS[5], ARGV[1])
if not once then return false end
local sequence, id = once:match('^(%d+) %d+ (.*)$')
if id ~= ARGV[2] then return false end
return { tonumber(sequence), tonumber(redis.call('HGET', KEYS[5], ARGV[1] .. '/answer')) }`,
  ),
  /** ARGV: from which end, how many to skip, how many to read. How many there are, the sequence of the first, the messages. */
  readMessages: script(
    6,
    ifThere,
    `
local total = redis.call('LLEN', KEYS[2])
local first, last = tonumber(ARGV[2]), tonumber(ARGV[2]) + tonumber(ARGV[3]) - 1
if ARGV[1] == 'descending' then first, last = math.max(total - 1 - last, 0), total - 1 - first end
local found = {}
if last >= first then found = redis.call('LRANGE', KEYS[2], first, last) end
return { total, first + 1, found }`,
  ),
  /** ARGV: after which sequence, how many. Sequences and messages in turn. */
  readInbox: script(
    6,
    ifThere,
    `
local found = {}
local sequences = redis.call('ZRANGE', KEYS[3], '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, sequence in ipairs(sequences) do
  found[#found + 1] = sequence
  found[#found + 1] = redis.call('LINDEX', KEYS[2], tonumber(sequence) - 1)
end
return found`,
  ),
  /** ARGV[2]: a nudge without its id, which is given. */
  addNudge: script(
    6,
    touch,
    ifThere,
    `
local id = redis.call('HINCRBY', KEYS[1], 'nudged', 1)
redis.call('RPUSH', KEYS[4], id .. ' ' .. ARGV[2])
touch()
return id`,
  ),
  /** ARGV[1]: at most so many. */
  takeNudges: script(6, ifThere, `return redis.call('LPOP', KEYS[4], ARGV[1]) or {}`),
  /** The next number: one that was given back, or one that never was given. */
  drawNumber: script(
    2,
    `
local free = redis.call('LPOP', KEYS[2])
if free then return tonumber(free) end
return redis.call('INCR', KEYS[1])`,
  ),
  /** Ids that are due by ARGV[1], at most ARGV[2]; they are due again at ARGV[3], should nobody have seen to them by then. */
  takeDue: script(
    1,
    `
local ids = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[3], id) end
return ids`,
  ),
} as const;

export type ScriptName = keyof typeof scripts;

/** What each script gives: `null` where it says that the conversation, or the value, is not there. */
export interface ScriptReplies extends CounterReplies, LineReplies, NameReplies {
  readonly openRecord: 0 | 1;
  readonly changeRecord: readonly string[] | null;
  readonly removeRecord: 0 | 1;
  readonly appendMessage: StoredPlace | null;
  readonly appendReply: number | null;
  readonly keepReply: readonly [sequence: number, isNew: 0 | 1] | null;
  readonly readOnce: StoredPlace | null;
  readonly readMessages: readonly [total: number, first: number, rows: readonly string[]] | null;
  readonly readInbox: readonly string[] | null;
  readonly addNudge: number | null;
  readonly takeNudges: readonly string[] | null;
  readonly drawNumber: number;
  readonly takeDue: readonly string[];
}

/** Where a once-key's message stands, and its complete reply. */
export type StoredPlace = readonly [sequence: number, reply?: number];
