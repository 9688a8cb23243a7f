import { script } from './script-parts.ts';

// Comparisons stand in one slot, whatever the migration: some are made a second. KEYS[1] holds what was counted, each name behind a `+`, beside the
// `mark`, `begun`, `first` and `last`; KEYS[2] the comparisons by id, each `time conversation rest`; KEYS[3] which ones conversations have.

export const comparisonScripts = {
  /**
   * ARGV: the mark, milliseconds since the epoch before which comparisons are dropped, how many are kept and how many names, for how many
   * milliseconds, what the migration is called there, how many counts follow; then names and what is added to them, and comparisons.
   */
  enterComparisons: script(
    3,
    `
local counts, rows, owners = KEYS[1], KEYS[2], KEYS[3]
local function known(name) return tonumber(redis.call('HGET', counts, name) or 0) end
local last = known('last')
if redis.call('HGET', counts, 'mark') ~= ARGV[1] then
  local first = known('first')
  redis.call('DEL', counts)
  redis.call('HSET', counts, 'mark', ARGV[1], 'begun', last, 'first', first, 'last', last)
end
local names = redis.call('HLEN', counts) - 4
local countsEnd = 7 + 2 * ARGV[7]
for i = 8, countsEnd, 2 do
  local isKnown = redis.call('HEXISTS', counts, '+' .. ARGV[i]) == 1
  if isKnown or names < tonumber(ARGV[4]) then redis.call('HINCRBY', counts, '+' .. ARGV[i], ARGV[i + 1]) end
  if not isKnown then names = names + 1 end
end
for i = countsEnd + 1, #ARGV do
  last = last + 1
  redis.call('HSET', rows, last, ARGV[i])
  redis.call('ZADD', owners, 0, ARGV[i]:match('^%d+ (%S+)') .. ' ' .. ARGV[6] .. ' ' .. last)
end
local before = math.max(known('begun'), last - ARGV[3])
local first = known('first')
local most = first + #ARGV - countsEnd + 200
while first < last and first < most do
  local row = redis.call('HGET', rows, first + 1)
  if row then
    if first + 1 > before and tonumber(row:match('^%d+')) >= tonumber(ARGV[2]) then break end
    redis.call('HDEL', rows, first + 1)
    redis.call('ZREM', owners, row:match('^%d+ (%S+)') .. ' ' .. ARGV[6] .. ' ' .. (first + 1))
  end
  first = first + 1
end
redis.call('HSET', counts, 'first', first, 'last', last)
redis.call('PEXPIRE', rows, ARGV[5])
if redis.call('PTTL', owners) < tonumber(ARGV[5]) then redis.call('PEXPIRE', owners, ARGV[5]) end
return false`,
  ),
} as const;

export interface ComparisonReplies {
  readonly enterComparisons: null;
}
