import { conversationRows, dropped, ifThere, script, touch } from './script-parts.ts';

// What an import puts there: see `script-parts.ts`.

export const archiveScripts = {
  /**
   * ARGV[2]: what it is begun with; ARGV[3]: its directory; ARGV[4]: its tenant; ARGV[5]: its user, or nothing; ARGV[6]: who has signed it, or
   * nothing; ARGV[7]: the collected sequence; ARGV[8]: the last id of a nudge; ARGV[9]: how many wait, and they; then paths and their values. 1, or
   * 0 if the id is taken.
   */
  putRecord: script(
    conversationRows,
    touch,
    `
if redis.call('EXISTS', KEYS[1]) > 0 then return 0 end
redis.call('HSET', KEYS[1], 'begun', ARGV[2], 'count', 0, 'collected', ARGV[7], 'tenant', ARGV[4], 'user', ARGV[5])
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'signed', ARGV[6]) end
if ARGV[8] ~= '0' then redis.call('HSET', KEYS[1], 'nudged', ARGV[8]) end
local rest = 10 + ARGV[9]
for i = 10, rest - 1 do redis.call('RPUSH', KEYS[4], ARGV[i]) end
for i = rest, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], redis.call('HLEN', KEYS[1]) .. ' ' .. ARGV[i + 1])
end
redis.call('SET', KEYS[6], ARGV[3])
touch()
return 1`,
  ),
  /**
   * ARGV[2]: the sequence of the first; then of each message 1 if an operator says it, and it. How many were stored, how many are another one
   * than stands in their place, and the sequence before which there is a gap, or 0.
   */
  putMessages: script(
    conversationRows,
    touch,
    ifThere,
    `
local length = redis.call('LLEN', KEYS[2])
if length == 0 and ARGV[2] ~= '1' then redis.call('HSET', KEYS[1], 'dropped', ARGV[2] - 1) end`,
    dropped,
    `
local stored, different = 0, 0
for i = 3, #ARGV, 2 do
  local sequence = ARGV[2] + (i - 3) / 2
  local place = sequence - dropped
  if place > length + 1 then return { stored, different, sequence } end
  if place > length then
    length = redis.call('RPUSH', KEYS[2], ARGV[i + 1])
    stored = stored + 1
    if ARGV[i] == '1' then redis.call('ZADD', KEYS[3], sequence, sequence) end
  elseif place > 0 and redis.call('LINDEX', KEYS[2], place - 1) ~= ARGV[i + 1] then
    different = different + 1
  end
end
if stored > 0 then redis.call('HSET', KEYS[1], 'count', length) end
touch()
return { stored, different, 0 }`,
  ),
  /** ARGV[1]: no number up to it is given from now on, nor one that was given back. */
  raiseNumber: script(
    2,
    `
if tonumber(redis.call('GET', KEYS[1]) or 0) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1]) end
redis.call('DEL', KEYS[2])
return false`,
  ),
  /** ARGV[1]: its revision, a space, and the state; then its changes, the oldest first. 1, or 0 where there is one. */
  putMigration: script(
    2,
    `
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
for i = 2, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[i]) end
return 1`,
  ),
} as const;

/** What each script gives: `null` where it says that the conversation is not there. */
export interface ArchiveReplies {
  readonly putRecord: 0 | 1;
  readonly putMessages: readonly [stored: number, different: number, missing: number] | null;
  readonly raiseNumber: null;
  readonly putMigration: 0 | 1;
}
