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
