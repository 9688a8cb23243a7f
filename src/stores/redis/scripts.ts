import { type ArchiveReplies, archiveScripts } from './archive-scripts.ts';
import { type ComparisonReplies, comparisonScripts } from './comparison-scripts.ts';
import { type LineReplies, lineScripts, type NameReplies, nameScripts } from './coordination-scripts.ts';
import { type CounterReplies, counterScripts } from './counters-scripts.ts';
import { type FeedReplies, feedScripts } from './feed-scripts.ts';
import { type ImageReplies, imageScripts } from './image-scripts.ts';
import { type MessageReplies, messageScripts } from './message-scripts.ts';
import { clock, conversationRows, followers, ifThere, script, touch } from './script-parts.ts';

export const scripts = {
  ...comparisonScripts,
  ...archiveScripts,
  ...counterScripts,
  ...feedScripts,
  ...imageScripts,
  ...lineScripts,
  ...messageScripts,
  ...nameScripts,
  /** ARGV[2]: what it is begun with; ARGV[3]: its directory; ARGV[4]: its tenant, if it is open; ARGV[5]: its user, or nothing; ARGV[6]: who has signed it, or nothing. 1, or 0 if the id is taken. */
  openRecord: script(
    conversationRows,
    touch,
    `
if redis.call('EXISTS', KEYS[1], KEYS[6]) > 0 then return 0 end
redis.call('HSET', KEYS[1], 'begun', ARGV[2], 'count', 0, 'collected', 0, 'tenant', ARGV[4], 'user', ARGV[5])
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'signed', ARGV[6]) end
redis.call('SET', KEYS[6], ARGV[3])
touch()
return 1`,
  ),
  /** ARGV[2]: the collected sequence; ARGV[3]: who signs it, or nothing; then paths and their values. A new path gets a place after all others. */
  changeRecord: script(
    conversationRows,
    touch,
    followers,
    ifThere,
    `
if ARGV[3] ~= '' then
  redis.call('HSETNX', KEYS[1], 'signed', ARGV[3])
  if redis.call('HGET', KEYS[1], 'signed') ~= ARGV[3] then return redis.call('HGETALL', KEYS[1]) end
end
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'collected')) then
  redis.call('HSET', KEYS[1], 'collected', ARGV[2])
end
for i = 4, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  local place = known and known:match('^%d+') or redis.call('HLEN', KEYS[1])
  redis.call('HSET', KEYS[1], ARGV[i], place .. ' ' .. ARGV[i + 1])
end
touch()
changed()
return redis.call('HGETALL', KEYS[1])`,
  ),
  /**
   * ARGV[1]: `unused` to leave one in which somebody spoke, `unheard` one that has a socket open. What became of it: `removed`, `kept`, or
   * `absent` as it was before.
   */
  removeRecord: script(
    conversationRows,
    followers,
    `
local count = redis.call('HGET', KEYS[1], 'count')
if ARGV[1] == 'unused' and count and count ~= '0' then return 'kept' end
if ARGV[1] == 'unheard' then
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], moment(), '+inf')) do
    if name:match('^s/') then return 'kept' end
  end
end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[7])
changed()
redis.call('UNLINK', KEYS[8])
return count and 'removed' or 'absent'`,
  ),
  /** ARGV: an entry, what texts of older ones are less than, how many are kept, and for how many milliseconds. */
  enterAudit: script(
    1,
    `
redis.call('ZADD', KEYS[1], 0, ARGV[1])
redis.call('ZREMRANGEBYLEX', KEYS[1], '-', '(' .. ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[3] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return false`,
  ),
  /** ARGV: the revision that is to be there, the state in its place (its revision, a space, and the rest), the change, how many of those are kept. 1, or 0 where another one is there. */
  changeMigration: script(
    2,
    `
local known = redis.call('GET', KEYS[1])
if (known and known:match('^%d+') or '0') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('LTRIM', KEYS[2], -ARGV[4], -1)
return 1`,
  ),
  /**
   * ARGV[1]: the time of the last change, as JSON; ARGV[2]: how many milliseconds are left after it, or nothing for no end. Nothing is
   * changed where there was another change since.
   */
  setEnd: script(
    conversationRows,
    `
local changed = redis.call('HGET', KEYS[1], '["updatedAt"]')
if changed and changed:match('^%d+ (.*)$') ~= ARGV[1] then return false end
for i = 1, 5 do
  if ARGV[2] == '' then redis.call('PERSIST', KEYS[i]) else redis.call('PEXPIRE', KEYS[i], ARGV[2]) end
end
return false`,
  ),
  /** ARGV[2]: a nudge without its id, which is given; ARGV[3]: how many may wait. 0 where so many do. */
  addNudge: script(
    conversationRows,
    touch,
    ifThere,
    `
if redis.call('LLEN', KEYS[4]) >= tonumber(ARGV[3]) then return 0 end
local id = redis.call('HINCRBY', KEYS[1], 'nudged', 1)
redis.call('RPUSH', KEYS[4], id .. ' ' .. ARGV[2])
touch()
return id`,
  ),
  /** ARGV[1]: at most so many. */
  takeNudges: script(conversationRows, ifThere, `return redis.call('LPOP', KEYS[4], ARGV[1]) or {}`),
  /** The next number: one that was given back, or one that never was given. */
  drawNumber: script(
    2,
    `
local free = redis.call('LPOP', KEYS[2])
if free then return tonumber(free) end
return redis.call('INCR', KEYS[1])`,
  ),
  /** ARGV: an id, and in how many milliseconds it is due. */
  lookLater: script(1, clock, `redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])`),
  /** Ids that are due, at most ARGV[1]; they are due again in ARGV[2] milliseconds, should nobody have seen to them by then. */
  takeDue: script(
    1,
    clock,
    `
local ids = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], now + ARGV[2], id) end
return ids`,
  ),
  /** ARGV[1]: milliseconds; then ids. Takes those out of a list that stand there for a time that is as long ago; how many. */
  dropStrays: script(
    1,
    clock,
    `
local dropped = 0
for i = 2, #ARGV do
  local moment = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if moment and tonumber(moment) <= now - ARGV[1] then dropped = dropped + redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return dropped`,
  ),
} as const;

export type ScriptName = keyof typeof scripts;

/** What each script gives: `null` where it says that the conversation, or the value, is not there. */
export interface ScriptReplies
  extends ArchiveReplies,
    ComparisonReplies,
    CounterReplies,
    FeedReplies,
    ImageReplies,
    LineReplies,
    MessageReplies,
    NameReplies {
  readonly openRecord: 0 | 1;
  readonly changeRecord: readonly string[] | null;
  readonly removeRecord: Removal;
  readonly enterAudit: null;
  readonly changeMigration: 0 | 1;
  readonly setEnd: null;
  readonly addNudge: number | null;
  readonly takeNudges: readonly string[] | null;
  readonly drawNumber: number;
  readonly lookLater: null;
  readonly takeDue: readonly string[];
  readonly dropStrays: number;
}

export type Removal = 'removed' | 'kept' | 'absent';
