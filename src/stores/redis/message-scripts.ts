import {
  append,
  clock,
  conversationRows,
  dropEnded,
  dropped,
  followers,
  ifThere,
  script,
  touch,
} from './script-parts.ts';

// What is said in a conversation, and what is read of it: see `script-parts.ts`.

export const messageScripts = {
  /**
   * ARGV[6]: an idempotency key or nothing; ARGV[7]: the message's id; ARGV[8]: when the key expires. The same claim stores its message
   * once, whoever asks for it how often. The sequence, that of the reply or 0, and whether it is followed; nothing where the message was dropped.
   */
  appendMessage: script(
    conversationRows,
    touch,
    append,
    clock,
    dropEnded,
    followers,
    ifThere,
    `
local once = ARGV[6] ~= '' and redis.call('HGET', KEYS[5], ARGV[6])
if once then
  local sequence, id = once:match('^(%d+) %d+ (.*)$')
  if id == ARGV[7] then
    if tonumber(sequence) <= dropped then return false end
    return { tonumber(sequence), tonumber(redis.call('HGET', KEYS[5], ARGV[6] .. '/answer')) or 0, redis.call('EXISTS', KEYS[8]) }
  end
end
local sequence = append()
dropEnded()
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[5], ARGV[6], sequence .. ' ' .. ARGV[8] .. ' ' .. ARGV[7])
  redis.call('HDEL', KEYS[5], ARGV[6] .. '/answer')
end
touch()
return { sequence, 0, changed() }`,
  ),
  /**
   * ARGV[6]: a tenant; ARGV[7]: a user of it, or nothing. The record as it was before, and the sequence; 0 if nothing was stored,
   * because the conversation is another tenant's or user's, blocked or closed, or of a gateway that did not write whose it is. And whether it is followed.
   */
  continueRecord: script(
    conversationRows,
    touch,
    append,
    clock,
    dropEnded,
    followers,
    ifThere,
    `
local fields = redis.call('HGETALL', KEYS[1])
local known = {}
for i = 1, #fields, 2 do known[fields[i]] = fields[i + 1] end
local blocked = known['["blocked"]'] or ''
local status = known['["status"]'] or ''
if known.tenant ~= ARGV[6] or blocked:match(' true$') or status:match(' "closed"$') then return { fields, 0 } end
if ARGV[7] ~= '' and known.user ~= '' and known.user ~= ARGV[7] then return { fields, 0 } end
local sequence = append()
dropEnded()
touch()
return { fields, sequence, changed() }`,
  ),
  /**
   * ARGV[6]: the idempotency key that it answers, or nothing; ARGV[7]: the time; ARGV[8]: its id; ARGV[9]: its status and failure. What was kept of it while its process was
   * taken for dead gives way to it. Where another reply has answered the idempotency key, the sequence of that one, below zero.
   */
  appendReply: script(
    conversationRows,
    touch,
    append,
    followers,
    ifThere,
    `
local answered = ARGV[6] ~= '' and redis.call('HGET', KEYS[5], ARGV[6] .. '/answer')
if answered and tonumber(answered) > dropped then return -tonumber(answered) end
local kept = redis.call('HGET', KEYS[5], 'kept/' .. ARGV[8])
local sequence = kept and tonumber(kept:match('^%d+'))
local replaced = sequence and sequence > dropped and 1 or 0
if replaced == 1 then
  redis.call('LSET', KEYS[2], sequence - dropped - 1, ARGV[2])
else
  sequence = append()
end
if kept then redis.call('HDEL', KEYS[5], 'kept/' .. ARGV[8]) end
local once = ARGV[6] ~= '' and redis.call('HGET', KEYS[5], ARGV[6])
if once and tonumber(once:match('^%d+ (%d+)')) > tonumber(ARGV[7]) then
  redis.call('HSET', KEYS[5], ARGV[6] .. '/answer', sequence)
end
touch()
if redis.call('EXISTS', KEYS[7], KEYS[8]) > 0 then
  bury(ARGV[8], sequence, replaced, ARGV[9])
  changed()
end
return sequence`,
  ),
  /**
   * ARGV[6]: its id; ARGV[7]: for how many milliseconds its process is waited for; ARGV[8]: what its record has to be, or nothing. The sequence
   * of the message that has that id, among the newest, or has it now; and 1 in the latter case. Nothing is done with another record: 0 and 0 then.
   */
  keepReply: script(
    conversationRows,
    touch,
    append,
    clock,
    followers,
    ifThere,
    `
if ARGV[8] ~= '' and redis.call('HGET', KEYS[7], ARGV[6]) ~= ARGV[8] then return { 0, 0 } end
local total = redis.call('LLEN', KEYS[2])
local latest = redis.call('LRANGE', KEYS[2], -50, -1)
for place, text in ipairs(latest) do
  if text:find('"id":"' .. ARGV[6] .. '"', 1, true) then
    local known = dropped + total - #latest + place
    bury(ARGV[6], known, 0, 'complete')
    changed()
    return { known, 0 }
  end
end
local sequence = append()
redis.call('HSET', KEYS[5], 'kept/' .. ARGV[6], sequence .. ' ' .. now + ARGV[7] .. ' ')
touch()
bury(ARGV[6], sequence, 0, 'failed')
changed()
return { sequence, 1 }`,
  ),
  /** ARGV[1]: an idempotency key; ARGV[2]: the id of its message. As `appendMessage` says it, or nothing if it was not stored. */
  readOnce: script(
    conversationRows,
    dropped,
    ifThere,
    `
local once = redis.call('HGET', KEYS[5], ARGV[1])
if not once then return false end
local sequence, id = once:match('^(%d+) %d+ (.*)$')
if id ~= ARGV[2] or tonumber(sequence) <= dropped then return false end
return { tonumber(sequence), tonumber(redis.call('HGET', KEYS[5], ARGV[1] .. '/answer')) or 0, 0 }`,
  ),
  /**
   * ARGV: from which end, or `after`; how many to skip, or after which sequence; how many to read. How many there are, the sequence of the
   * first, the messages.
   */
  readMessages: script(
    conversationRows,
    dropped,
    ifThere,
    `
local total = redis.call('LLEN', KEYS[2])
local first = tonumber(ARGV[2])
if ARGV[1] == 'after' then first = math.max(first - dropped, 0) end
local last = first + ARGV[3] - 1
if ARGV[1] == 'descending' then first, last = math.max(total - 1 - last, 0), total - 1 - first end
local found = {}
if last >= first then found = redis.call('LRANGE', KEYS[2], first, last) end
return { total, dropped + first + 1, found }`,
  ),
  /** ARGV: after which sequence, how many. Sequences and messages in turn. */
  readInbox: script(
    conversationRows,
    dropped,
    ifThere,
    `
local found = {}
local sequences = redis.call('ZRANGE', KEYS[3], '(' .. ARGV[1], '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, sequence in ipairs(sequences) do
  found[#found + 1] = sequence
  found[#found + 1] = redis.call('LINDEX', KEYS[2], sequence - dropped - 1)
end
return found`,
  ),
} as const;

/** What each script gives: `null` where it says that the conversation, or the value, is not there. */
export interface MessageReplies {
  readonly appendMessage: StoredPlace | null;
  readonly continueRecord: readonly [fields: readonly string[], sequence: number, isFollowed?: 0 | 1] | null;
  readonly appendReply: number | null;
  readonly keepReply: readonly [sequence: number, isNew: 0 | 1] | null;
  readonly readOnce: StoredPlace | null;
  readonly readMessages: readonly [total: number, first: number, rows: readonly string[]] | null;
  readonly readInbox: readonly string[] | null;
}

/** Where an idempotency key's message stands, and its complete reply or 0; whether the conversation is followed, where something was stored. */
export type StoredPlace = readonly [sequence: number, reply: number, isFollowed: 0 | 1];
