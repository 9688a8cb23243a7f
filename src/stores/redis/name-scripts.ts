// Rows that hold one value each: ids that are claimed, and names that are held. Each script is one step that is whole, on one row.

const script = (lua: string) => ({ numberOfKeys: 1, lua });

export const nameScripts = {
  /**
   * Puts a value where there is none, or where the one that ARGV[2] expects is. ARGV[3]: the time; ARGV[4]: when it ends, or
   * nothing. The value that is there instead, if there is one.
   */
  claim: script(`
local known = redis.call('GET', KEYS[1])
if known and known ~= ARGV[1] and known ~= ARGV[2] then return known end
if ARGV[4] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
elseif tonumber(ARGV[4]) > tonumber(ARGV[3]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[4])
end
return false`),
  /** Takes a value away, if it is ARGV[1]. */
  release: script(`if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`),
  /** Puts ARGV[1] for ARGV[2] milliseconds where nothing is. The value that is there instead, if there is one. */
  take: script(`
local known = redis.call('GET', KEYS[1])
if known then return known end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false`),
  /** Keeps a value that is ARGV[1] for ARGV[2] milliseconds, also where it was lost. 0 if another is there. */
  renew: script(`
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
