// Each script is one step that is whole, on the rows of one slot. Texts are JSON that no script reads: `cjson` would not give
// lone surrogates and empty lists back. The rows of a conversation are KEYS[1] to KEYS[6]: record, messages, inbox, nudges, once,
// directory; of these the first five live as long as the retention says, from the last change on, and the directory until the
// sweeper has seen to what it names.

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
 * The row of once-keys holds `sequence end id` for each key, under `<key>/answer` the sequence of its reply, and as `kept/<id>` a reply
 * that was kept for its process. What has ended is dropped, some of it whenever something is added: were the most of the row over, most
 * of what is drawn would be. By the clock, as the once-keys themselves end.
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

export const ifThere = `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
`;

export const script = (numberOfKeys: number, ...parts: readonly string[]) => ({ numberOfKeys, lua: parts.join('') });
