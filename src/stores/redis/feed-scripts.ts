import { clearing, clock, conversationRows, dropped, followers, ifThere, recordMs, script } from './script-parts.ts';

// Replies that are running, and who follows: see `followers` in `script-parts.ts`.

export const feedScripts = {
  /**
   * Grows replies, each in a conversation of its own, with what that needs of its rows: record, once, replies, mark. ARGV[1]: the lease in
   * milliseconds; then of each a reply, the token of its list, when it began, how long the list is, how many steps, and the steps. What became of
   * each: see `FeedRecords`, or `error` and why. Each process that follows any of them is woken once. How many keys there are is said before them.
   */
  growReplies: {
    lua: `${clock}${clearing}
local prefix, wakes = KEYS[4]:match('^(.*):{'), {}
local function grow(row, at, many)
  local replies, mark = KEYS[row + 2], KEYS[row + 3]
  local reply, token, begun, expected = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  local header = redis.call('HGET', replies, reply)
  if header and header:sub(1, 1) == 't' or not header and redis.call('EXISTS', KEYS[row]) == 0 then return 'ended' end
  local names = redis.call('ZRANGEBYSCORE', mark, now, '+inf')
  if #names == 0 and redis.call('EXISTS', mark) == 0 then
    if header then
      clear(replies, reply, header)
      redis.call('HDEL', replies, reply)
    end
    return 'unfollowed'
  end
  local known, count = (header or ''):match('^r (%S+) %d+ (%d+)')
  count = tonumber(count) or 0
  local begins = known ~= token
  if begins or count ~= expected then
    if expected > 0 then return 'resync' end
    if redis.call('HEXISTS', KEYS[row + 1], 'kept/' .. reply) == 1 then return 'ended' end
    if header then clear(replies, reply, header) end
    count = 0
  end
  if not header then
    local all = redis.call('HGET', replies, 'replies') or ''
    if not all:find(reply, 1, true) then redis.call('HSET', replies, 'replies', all .. ' ' .. reply) end
  end
  for i = 1, many - 1 do redis.call('HSET', replies, reply .. '/' .. count + i, ARGV[at + 4 + i]) end
  header = 'r ' .. token .. ' ' .. now + ARGV[1] .. ' ' .. count + many .. ' ' .. begun
  if many == 0 then redis.call('HSET', replies, reply, header)
  else redis.call('HSET', replies, reply, header, reply .. '/' .. count + many, ARGV[at + 4 + many]) end
  redis.call('PEXPIRE', replies, ${recordMs})
  if begins or many > 0 then
    local growth = { mark:match('{(.-)}'), reply, token, count }
    if many > 0 then growth[5] = table.concat(ARGV, '\\n', at + 5, at + 4 + many) end
    growth = table.concat(growth, '\\n')
    for _, name in ipairs(names) do
      local process = name:match('^f/(.*)')
      if process then
        wakes[process] = wakes[process] or {}
        table.insert(wakes[process], growth)
      end
    end
  end
  return 'grown'
end
local said, at = {}, 2
for row = 1, #KEYS, 4 do
  local many = tonumber(ARGV[at + 4])
  local done, what = pcall(grow, row, at, many)
  said[#said + 1] = done and what or 'error ' .. tostring(type(what) == 'table' and what.err or what)
  at = at + 5 + many
end
for process, growths in pairs(wakes) do redis.pcall('PUBLISH', prefix .. ':wake:' .. process, table.concat(growths, '\\n\\n')) end
return said`,
  },
  /** ARGV[1]: a reply; ARGV[2]: its status and failure; ARGV[3]: what its record has to be, or nothing. */
  endReply: script(
    conversationRows,
    followers,
    `
local header = redis.call('HGET', KEYS[7], ARGV[1])
if header and header:sub(1, 1) == 't' then return false end
if ARGV[3] ~= '' and header ~= ARGV[3] then return false end
bury(ARGV[1], 0, 0, ARGV[2])
changed()
return false`,
  ),
  /**
   * ARGV[1]: a process; ARGV[2]: who reads; ARGV[3]: how long it counts as followed; ARGV[4]: and as one with a socket, in milliseconds; ARGV[5]: the
   * sequence of the newest message that is known, -1 for none; ARGV[6]: its id; ARGV[7]: how many messages at most; ARGV[8]: the version that is
   * known; then replies that are known, each with its token and length.
   */
  readFeed: script(
    conversationRows,
    followers,
    dropped,
    ifThere,
    `
local now = moment()
local function mark(name, ms)
  if (tonumber(redis.call('ZSCORE', KEYS[8], name)) or 0) - now < ms * 2 / 3 then redis.call('ZADD', KEYS[8], now + ms, name) end
end
if ARGV[2] ~= 'onlooker' then mark('f/' .. ARGV[1], ARGV[3]) end
if ARGV[2] == 'socket' then mark('s/' .. ARGV[1], ARGV[4]) end
local told = tonumber(redis.call('ZSCORE', KEYS[8], '!'))
if not told or now - told >= ARGV[3] / 3 then
  redis.call('ZADD', KEYS[8], now, '!')
  redis.pcall('PUBLISH', prefix .. ':followed', conversation)
end
redis.call('PEXPIRE', KEYS[8], ARGV[3])

local total = redis.call('LLEN', KEYS[2])
local last, known, anew = dropped + total, tonumber(ARGV[5]), 0
if known > 0 then
  local place = known - dropped - 1
  local text = place >= 0 and place < total and redis.call('LINDEX', KEYS[2], place)
  if known > last or (text and not text:find('"id":"' .. ARGV[6] .. '"', 1, true)) then anew = 1 end
end
local first = math.max(anew == 1 and 0 or known, last - ARGV[7], dropped) + 1
local messages = first <= last and redis.call('LRANGE', KEYS[2], first - dropped - 1, -1) or {}

local lengths = {}
for i = 9, #ARGV, 3 do lengths[ARGV[i] .. ' ' .. ARGV[i + 1]] = tonumber(ARGV[i + 2]) end
local replies = {}
for reply in (redis.call('HGET', KEYS[7], 'replies') or ''):gmatch('%S+') do
  local header = redis.call('HGET', KEYS[7], reply) or ''
  local token, length = header:match('^r (%S+) %d+ (%d+)')
  local count = tonumber(length)
  local version, ends, sequence, replaced = header:match('^t (%d+) (%d+) (%d+) (%d)')
  if token then
    local from = math.min(lengths[reply .. ' ' .. token] or 0, count)
    local found = { reply, header, from }
    for i = from + 1, count do found[#found + 1] = redis.call('HGET', KEYS[7], reply .. '/' .. i) or '' end
    replies[#replies + 1] = found
  elseif version and tonumber(ends) > now then
    local found = { reply, header }
    if replaced == '1' and tonumber(version) > tonumber(ARGV[8]) then
      found[3] = redis.call('LINDEX', KEYS[2], sequence - dropped - 1) or ''
    end
    replies[#replies + 1] = found
  end
end
local version = tonumber(redis.call('HGET', KEYS[7], 'version')) or 0
return { now, version, redis.call('HGET', KEYS[1], '["mode"]') or '', last, anew, messages, replies }`,
  ),
} as const;

export interface FeedReplies {
  readonly growReplies: readonly string[];
  readonly endReply: null;
  readonly readFeed:
    | readonly [
        now: number,
        version: number,
        mode: string,
        last: number,
        isAnew: 0 | 1,
        messages: readonly string[],
        replies: readonly (readonly [id: string, header: string, ...rest: (string | number)[]])[],
      ]
    | null;
}
