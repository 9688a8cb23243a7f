import { append, clock, dropEnded, ifThere, script, touch } from './script-parts.ts';

// What is said in a conversation, and what is read of it: see `script-parts.ts`.

export const messageScripts = {
  /**
   * ARGV[5]: a once-key or nothing; ARGV[6]: the message's id; ARGV[7]: when the key expires. The same claim stores its message
   * once, whoever asks for it how often. The sequence, and that of the reply if there is one.
   */
  appendMessage: script(
    6,
    touch,
    append,
    clock,
    dropEnded,
    ifThere,
    `
local once = ARGV[5] ~= '' and redis.call('HGET', KEYS[5], ARGV[5])
if once then
  local sequence, id = once:match('^(%d+) %d+ (.*)$')
  if id == ARGV[6] then return { tonumber(sequence), tonumber(redis.call('HGET', KEYS[5], ARGV[5] .. '/answer')) } end
end
local sequence = append()
dropEnded()
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[5], ARGV[5], sequence .. ' ' .. ARGV[7] .. ' ' .. ARGV[6])
  redis.call('HDEL', KEYS[5], ARGV[5] .. '/answer')
end
touch()
return { sequence }`,
  ),
  /**
   * ARGV[5]: a tenant. The record as it was before, and the sequence; 0 if nothing was stored, because the conversation is another
   * tenant's, blocked or closed, or of a gateway that did not write whose it is.
   */
  continueRecord: script(
    6,
    touch,
    append,
    clock,
    dropEnded,
    ifThere,
    `
local fields = redis.call('HGETALL', KEYS[1])
local known = {}
for i = 1, #fields, 2 do known[fields[i]] = fields[i + 1] end
local blocked = known['["blocked"]'] or ''
local status = known['["status"]'] or ''
if known.tenant ~= ARGV[5] or blocked:match(' true$') or status:match(' "closed"$') then return { fields, 0 } end
local sequence = append()
dropEnded()
touch()
return { fields, sequence }`,
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
local sequence = kept and tonumber(kept:match('^%d+')) or append()
if kept then
  redis.call('LSET', KEYS[2], sequence - 1, ARGV[2])
  redis.call('HDEL', KEYS[5], 'kept/' .. ARGV[7])
end
local once = ARGV[5] ~= '' and redis.call('HGET', KEYS[5], ARGV[5])
if once and tonumber(once:match('^%d+ (%d+)')) > tonumber(ARGV[6]) then
  redis.call('HSET', KEYS[5], ARGV[5] .. '/answer', sequence)
end
touch()
return sequence`,
  ),
  /**
   * ARGV[5]: its id; ARGV[6]: for how many milliseconds its process is waited for. The sequence of the message that has that id, among
   * the newest, or has it now; and 1 in the latter case.
   */
  keepReply: script(
    6,
    touch,
    append,
    clock,
    ifThere,
    `
local total = redis.call('LLEN', KEYS[2])
local latest = redis.call('LRANGE', KEYS[2], -50, -1)
for place, text in ipairs(latest) do
  if text:find('"id":"' .. ARGV[5] .. '"', 1, true) then return { total - #latest + place, 0 } end
end
local sequence = append()
redis.call('HSET', KEYS[5], 'kept/' .. ARGV[5], sequence .. ' ' .. now + ARGV[6] .. ' ')
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
} as const;

/** What each script gives: `null` where it says that the conversation, or the value, is not there. */
export interface MessageReplies {
  readonly appendMessage: StoredPlace | null;
  readonly continueRecord: readonly [fields: readonly string[], sequence: number] | null;
  readonly appendReply: number | null;
  readonly keepReply: readonly [sequence: number, isNew: 0 | 1] | null;
  readonly readOnce: StoredPlace | null;
  readonly readMessages: readonly [total: number, first: number, rows: readonly string[]] | null;
  readonly readInbox: readonly string[] | null;
}

/** Where a once-key's message stands, and its complete reply. */
export type StoredPlace = readonly [sequence: number, reply?: number];
