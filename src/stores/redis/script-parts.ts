// Each script is one step that is whole, on the rows of one slot. Texts are JSON that no script reads: `cjson` would not give
// lone surrogates and empty lists back. The rows of a conversation are KEYS[1] to KEYS[8]: record, messages, inbox, nudges, once,
// directory, replies, mark; of these the first five live as long as the retention says, from the last change on, the directory until the
// sweeper has seen to what it names, and the last two while the conversation is followed and some minutes longer.

/** How many rows a conversation has: each of its scripts is given all. */
export const conversationRows = 8;

/** How long what is known of running replies is kept after the last write, and of one that has ended. Our choice. */
export const recordMs = 300_000;
const tombstoneMs = 60_000;

/** Milliseconds, by Redis's own clock: those of processes differ. */
export const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** ARGV[1] is the retention in milliseconds, 0 for none. Costs nothing where there is none and never was. */
export const touch = `
local function touch()
  if ARGV[1] ~= '0' then
    for i = 1, 5 do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
  elseif redis.call('PTTL', KEYS[1]) > 0 then
    for i = 1, 5 do redis.call('PERSIST', KEYS[i]) end
  end
end
`;

/** How many of the oldest messages were dropped: a message's place in the list is its sequence without these. */
export const dropped = `
local dropped = tonumber(redis.call('HGET', KEYS[1], 'dropped') or 0)
`;

/**
 * ARGV[2]: the message; ARGV[3]: its time; ARGV[4]: 1 if an operator says it; ARGV[5]: how many messages are kept. Gives its sequence.
 */
export const append = `${dropped}
local function append()
  local length = redis.call('RPUSH', KEYS[2], ARGV[2])
  local sequence = dropped + length
  local excess = length - ARGV[5]
  if ARGV[4] == '1' then redis.call('ZADD', KEYS[3], sequence, sequence) end
  if excess > 0 then
    dropped = dropped + excess
    length = length - excess
    redis.call('LTRIM', KEYS[2], excess, -1)
    redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', dropped)
    redis.call('HSET', KEYS[1], 'dropped', dropped)
  end
  local at = '0 ' .. ARGV[3]
  redis.call('HSET', KEYS[1], 'count', length, '["updatedAt"]', at, '["lastMessageAt"]', at)
  return sequence
end
`;

/**
 * The row of idempotency keys holds `sequence end id` for each key, under `<key>/answer` the sequence of its reply, and as `kept/<id>` a reply
 * that was kept for its process. What has ended is dropped, some of it whenever something is added: were the most of the row over, most
 * of what is drawn would be. By the clock, as the idempotency keys themselves end.
 */
export const dropEnded = `
local function dropEnded()
  local drawn = redis.call('HRANDFIELD', KEYS[5], 10, 'WITHVALUES')
  for i = 1, #drawn, 2 do
    local ends = drawn[i + 1]:match('^%d+ (%d+) ')
    if ends and tonumber(ends) < now then redis.call('HDEL', KEYS[5], drawn[i], drawn[i] .. '/answer') end
  end
end
`;

/** Removes the steps of a reply. */
export const clearing = `
local function clear(replies, reply, header)
  for i = 1, tonumber(header:match('^r %S+ %d+ (%d+)')) or 0 do redis.call('HDEL', replies, reply .. '/' .. i) end
end
`;

/**
 * The mark (KEYS[8]) holds `f/<process>` for each that follows and `s/<process>` for each that has a socket open, by the time at which
 * that is over, and `!`, by the time at which all were last told of it. While it is there, the conversation is followed.
 *
 * The replies (KEYS[7]) hold the `version` of the last end, in `replies` the ids in order, under an id either `r token until count begun` of a
 * reply that is running, with its steps under `<id>/1` and so on, or `t version ends sequence replaced status failure`, its tombstone.
 */
export const followers = `${clearing}
local prefix, conversation = KEYS[8]:match('^(.*):{(.-)}:mark$')
local function moment()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function wake(rest)
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], moment(), '+inf')) do
    local process = name:match('^f/(.*)')
    if process then redis.pcall('PUBLISH', prefix .. ':wake:' .. process, conversation .. rest) end
  end
end
local function changed()
  local followed = redis.call('EXISTS', KEYS[8])
  if followed == 1 then wake('') end
  return followed
end
local function bury(reply, sequence, replaced, how)
  local header = redis.call('HGET', KEYS[7], reply)
  if header then clear(KEYS[7], reply, header) elseif sequence > 0 and replaced == 0 then return end
  local now = moment()
  local version = math.max(now, (tonumber(redis.call('HGET', KEYS[7], 'version')) or 0) + 1)
  local left = {}
  for other in (redis.call('HGET', KEYS[7], 'replies') or ''):gmatch('%S+') do
    local known = other ~= reply and redis.call('HGET', KEYS[7], other)
    if known and tonumber(known:match('^t %d+ (%d+)') or now) < now then
      redis.call('HDEL', KEYS[7], other)
    elseif known then
      left[#left + 1] = other
    end
  end
  left[#left + 1] = reply
  local tombstone = table.concat({ 't', version, now + ${tombstoneMs}, sequence, replaced, how }, ' ')
  redis.call('HSET', KEYS[7], 'version', version, 'replies', table.concat(left, ' '), reply, tombstone)
  redis.call('PEXPIRE', KEYS[7], ${recordMs})
end
`;

export const ifThere = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
`;

export const script = (numberOfKeys: number, ...parts: readonly string[]) => ({ numberOfKeys, lua: parts.join('') });
