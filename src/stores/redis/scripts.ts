import { type CounterReplies, counterScripts } from './counters-scripts.ts';
import { type LineReplies, lineScripts } from './line-scripts.ts';
import { type MessageReplies, messageScripts } from './message-scripts.ts';
import { type NameReplies, nameScripts } from './name-scripts.ts';
import { ifThere, script, touch } from './script-parts.ts';

export const scripts = {
  ...counterScripts,
  ...lineScripts,
  ...messageScripts,
  ...nameScripts,
  /** ARGV[2]: what it is begun with; ARGV[3]: its directory. 1, or 0 if the id is taken. */
  openRecord: script(
    6,
    touch,
    `
if redis.call('EXISTS', KEYS[1], KEYS[6]) > 0 then return 0 end
redis.call('HSET', KEYS[1], 'begun', ARGV[2], 'count', 0, 'collected', 0)
redis.call('SET', KEYS[6], ARGV[3])
touch()
return 1`,
  ),
  /** ARGV[2]: the collected sequence; from ARGV[3] on: paths and their values. A new path gets a place after all others. */
  changeRecord: script(
    6,
    touch,
    ifThere,
    `
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], 'collected')) then
  redis.call('HSET', KEYS[1], 'collected', ARGV[2])
end
for i = 3, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  local place = known and known:match('^%d+') or redis.call('HLEN', KEYS[1])
  redis.call('HSET', KEYS[1], ARGV[i], place .. ' ' .. ARGV[i + 1])
end
touch()
return redis.call('HGETALL', KEYS[1])`,
  ),
  /** ARGV[1]: `unused` to leave one in which somebody spoke. Whether it was there, and is gone now. */
  removeRecord: script(
    6,
    `
if ARGV[1] == 'unused' and redis.call('HGET', KEYS[1], 'count') ~= '0' then return 0 end
local there = redis.call('EXISTS', KEYS[1])
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
return there`,
  ),
  /** ARGV[2]: a nudge without its id, which is given. */
  addNudge: script(
    6,
    touch,
    ifThere,
    `
local id = redis.call('HINCRBY', KEYS[1], 'nudged', 1)
redis.call('RPUSH', KEYS[4], id .. ' ' .. ARGV[2])
touch()
return id`,
  ),
  /** ARGV[1]: at most so many. */
  takeNudges: script(6, ifThere, `return redis.call('LPOP', KEYS[4], ARGV[1]) or {}`),
  /** The next number: one that was given back, or one that never was given. */
  drawNumber: script(
    2,
    `
local free = redis.call('LPOP', KEYS[2])
if free then return tonumber(free) end
return redis.call('INCR', KEYS[1])`,
  ),
  /** Ids that are due by ARGV[1], at most ARGV[2]; they are due again at ARGV[3], should nobody have seen to them by then. */
  takeDue: script(
    1,
    `
local ids = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[3], id) end
return ids`,
  ),
} as const;

export type ScriptName = keyof typeof scripts;

/** What each script gives: `null` where it says that the conversation, or the value, is not there. */
export interface ScriptReplies extends CounterReplies, LineReplies, MessageReplies, NameReplies {
  readonly openRecord: 0 | 1;
  readonly changeRecord: readonly string[] | null;
  readonly removeRecord: 0 | 1;
  readonly addNudge: number | null;
  readonly takeNudges: readonly string[] | null;
  readonly drawNumber: number;
  readonly takeDue: readonly string[];
}
