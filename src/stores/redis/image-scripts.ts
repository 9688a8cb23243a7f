import { script } from './script-parts.ts';

// Images stand in one slot, whoever they belong to: uploads are rare. KEYS[1] holds their entries by name, KEYS[2] the bytes by payer.

export const imageScripts = {
  /** KEYS[3]: names of the conversation's. ARGV: name, entry, bytes, 1 if it has a conversation; then payers and their quotas in turn. The place of the payer that has no room, or 0. */
  enterImage: script(
    3,
    `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
for i = 5, #ARGV, 2 do
  local used = tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or 0)
  if used + ARGV[3] > tonumber(ARGV[i + 1]) then return (i - 3) / 2 end
end
for i = 5, #ARGV, 2 do redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[3]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if ARGV[4] == '1' then redis.call('SADD', KEYS[3], ARGV[1]) end
return 0`,
  ),
  /** KEYS[3], KEYS[4]: names of the conversation's that it belonged to, and will. ARGV: name, entry as it was, and as it will be. 1, or 0 if it was another. */
  changeImage: script(
    4,
    `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if KEYS[3] ~= KEYS[4] then
  redis.call('SREM', KEYS[3], ARGV[1])
  redis.call('SADD', KEYS[4], ARGV[1])
end
return 1`,
  ),
  /** KEYS[3]: names of its conversation's. ARGV: name, entry, bytes, payers. 1, or 0 if it was another. */
  strikeImage: script(
    3,
    `
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
for i = 4, #ARGV do
  if redis.call('HINCRBY', KEYS[2], ARGV[i], -ARGV[3]) <= 0 then redis.call('HDEL', KEYS[2], ARGV[i]) end
end
return 1`,
  ),
} as const;

export interface ImageReplies {
  readonly enterImage: number;
  readonly changeImage: 0 | 1;
  readonly strikeImage: 0 | 1;
}
