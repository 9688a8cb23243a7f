import { clock, script } from './script-parts.ts';

// A line is two rows in one slot: the places by their number in it, and by the time at which they are free if nothing is heard of them.

export const lineScripts = {
  /** ARGV: a place, and how long it is kept. How many stand before it. It is put at the end if it is not there. */
  standInLine: script(
    2,
    clock,
    `
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('ZREM', KEYS[2], gone)
end
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  redis.call('ZADD', KEYS[1], (tonumber(last[2]) or 0) + 1, ARGV[1])
end
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
for i = 1, 2 do redis.call('PEXPIRE', KEYS[i], ARGV[2]) end
return redis.call('ZRANK', KEYS[1], ARGV[1])`,
  ),
  /** ARGV[1]: a place that is given up. */
  leaveLine: script(2, `for i = 1, 2 do redis.call('ZREM', KEYS[i], ARGV[1]) end`),
} as const;

export interface LineReplies {
  readonly standInLine: number;
  readonly leaveLine: null;
}

// Rows that hold one value each: ids that are claimed, and names that are held. Each script is one step that is whole, on one row.

const onRow = (lua: string) => ({ numberOfKeys: 1, lua });

export const nameScripts = {
  /**
   * Puts a value where there is none, or where the one that ARGV[2] expects is. ARGV[3]: the time; ARGV[4]: when it ends, or
   * nothing. The value that is there instead, if there is one.
   */
  claim: onRow(`
local known = redis.call('GET', KEYS[1])
if known and known ~= ARGV[1] and known ~= ARGV[2] then return known end
if ARGV[4] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
elseif tonumber(ARGV[4]) > tonumber(ARGV[3]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[4])
end
return false`),
  /** Takes a value away, if it is ARGV[1]. */
  release: onRow(`if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`),
  /** Puts ARGV[1] for ARGV[2] milliseconds where nothing is. The value that is there instead, if there is one. */
  take: onRow(`
local known = redis.call('GET', KEYS[1])
if known then return known end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false`),
  /** Keeps a value that is ARGV[1] for ARGV[2] milliseconds, also where it was lost. 0 if another is there. */
  renew: onRow(`
local known = redis.call('GET', KEYS[1])
if known and known ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`),
} as const;

/** What each script gives: `null` where it says that nothing is in the way. */
export interface NameReplies {
  readonly claim: string | null;
  readonly release: null;
  readonly take: string | null;
  readonly renew: 0 | 1;
}
