import { clock } from './script-parts.ts';

// Each script is one step that is whole, on rows of one slot.

const script = (...parts: readonly string[]) => ({ numberOfKeys: 1, lua: parts.join('') });
const scriptOf = (numberOfKeys: number, ...parts: readonly string[]) => ({ ...script(...parts), numberOfKeys });

/** Of the row of places, whose members are places by the time at which they are free again. */
const sweep = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
`;

export const counterScripts = {
  /** ARGV: how many places there are, the name of the one that is asked for, how long it is kept. 1, or 0 if all are taken. */
  takePlace: script(
    clock,
    sweep,
    `
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`,
  ),
  /** ARGV[1]: how long they are kept; then the names of places that are taken, whether or not they were known before. */
  keepPlaces: script(
    clock,
    sweep,
    `
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])`,
  ),
  /**
   * KEYS: the row of what was used, and that of what is set aside: amounts, and when they are free, by reservation. ARGV: the amount, the
   * most that may be used, the reservation, how long it is kept. 1, or 0 if it is too much.
   */
  reserveAmount: scriptOf(
    2,
    clock,
    `
local taken = tonumber(redis.call('GET', KEYS[1]) or '0')
local aside = redis.call('HGETALL', KEYS[2])
for i = 1, #aside, 2 do
  local amount, free = aside[i + 1]:match('^(%S+) (%S+)$')
  if tonumber(free) <= now then
    redis.call('HDEL', KEYS[2], aside[i])
  elseif aside[i] ~= ARGV[3] then
    taken = taken + amount
  end
end
if taken + ARGV[1] > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[2], ARGV[3], ARGV[1] .. ' ' .. now + ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1`,
  ),
  /** KEYS[1]: what is set aside. ARGV[1]: how long it is kept; then reservations and their amounts, whether or not they were known before. */
  keepAmounts: script(
    clock,
    `
for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. now + ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])`,
  ),
  /**
   * KEYS: the row of what was used, the number of what a process has told last of it, what is set aside. ARGV: the difference, until when,
   * its number, which is greater than those that this process told before: whatever comes again is counted once; then reservations
   * that it is about. An amount is kept for an hour beyond its end: a process whose clock is slow may use it still.
   */
  settleAmount: scriptOf(
    3,
    clock,
    `
for i = 4, #ARGV do redis.call('HDEL', KEYS[3], ARGV[i]) end
if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[3]) then return end
local used = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + ARGV[1], 0)
local life = string.format('%.0f', math.max(tonumber(ARGV[2]) - now, 0) + 3600000)
redis.call('SET', KEYS[1], string.format('%.0f', used), 'PX', life)
redis.call('SET', KEYS[2], ARGV[3], 'PX', life)`,
  ),
} as const;

export interface CounterReplies {
  readonly takePlace: 0 | 1;
  readonly keepPlaces: null;
  readonly reserveAmount: 0 | 1;
  readonly keepAmounts: null;
  readonly settleAmount: null;
}
