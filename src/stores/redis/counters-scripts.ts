// Each script is one step that is whole, on one row, or on two of one slot. The time is Redis's own: the clocks of processes differ.

const script = (...parts: readonly string[]) => ({ numberOfKeys: 1, lua: parts.join('') });
const scriptOfTwo = (...parts: readonly string[]) => ({ ...script(...parts), numberOfKeys: 2 });

const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** Of the row of places, whose members are places by the time at which they are free again. */
const sweep = `
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
`;

/** An amount is kept for an hour beyond its end: a process whose clock is slow may use it still. */
const write = `
local function write(amount, untilTime)
  local life = math.max(tonumber(untilTime) - now, 0) + 3600000
  redis.call('SET', KEYS[1], string.format('%.0f', amount), 'PX', string.format('%.0f', life))
end
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
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
  /** ARGV: the amount, the most that may be used, until when. 1, or 0 if it is too much. */
  reserveAmount: script(
    clock,
    write,
    `
if used + ARGV[1] > tonumber(ARGV[2]) then return 0 end
write(used + ARGV[1], ARGV[3])
return 1`,
  ),
  /**
   * KEYS[2]: the number of what a process has told last of this row. ARGV: the difference, until when, its number, which is greater
   * than those that this process told before: whatever comes again is counted once.
   */
  settleAmount: scriptOfTwo(
    clock,
    write,
    `
if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[3]) then return end
write(math.max(used + ARGV[1], 0), ARGV[2])
redis.call('SET', KEYS[2], ARGV[3], 'PX', redis.call('PTTL', KEYS[1]))`,
  ),
} as const;

export interface CounterReplies {
  readonly takePlace: 0 | 1;
  readonly keepPlaces: null;
  readonly reserveAmount: 0 | 1;
  readonly settleAmount: null;
}
