import type { User } from '../store.ts';
import type { Draft } from './commit-queue.ts';
import { seenKey, userKey } from './keys.ts';
import type { Clock } from './once.ts';

/** See `Store`. A user stands under a time at which it was seen; if it was seen since, the sweeper puts it under the latest. */
export function ensureUser(draft: Draft, user: User, now: Clock): boolean {
  const key = userKey(user);
  const isNew = draft.get(key) === undefined;
  if (isNew) draft.put(seenKey(now(), user), key);
  draft.put(key, { ...user, seenAt: now() });
  return isNew;
}
