import type { Nudge } from '../../canonical/index.ts';
import { mostNudges, tooManyNudges } from '../bounds.ts';
import type { User } from '../store.ts';
import type { Draft } from './commit-queue.ts';
import { requireConversation } from './conversations.ts';
import type { Clock } from './idempotency.ts';
import { nudgesKey, seenKey, userKey } from './keys.ts';

/** See `Store`. A user stands under a time at which it was seen; if it was seen since, the sweeper puts it under the latest. */
export function ensureUser(draft: Draft, user: User, now: Clock): boolean {
  const key = userKey(user);
  const isNew = draft.get(key) === undefined;
  if (isNew) draft.put(seenKey(now(), user), key);
  draft.put(key, { ...user, seenAt: now() });
  return isNew;
}

/** See `Store`. */
export function addNudge(draft: Draft, conversationId: string, nudge: Omit<Nudge, 'id'>): Nudge {
  const { id: conversation } = requireConversation(draft, conversationId);
  const { last, waiting } = draft.get(nudgesKey(conversation)) ?? { last: 0, waiting: [] };
  if (waiting.length >= mostNudges) throw tooManyNudges();
  const added: Nudge = { ...nudge, id: last + 1 };
  draft.put(nudgesKey(conversation), { last: added.id, waiting: [...waiting, added] });
  return added;
}

/** See `Store`. Writes nothing where nothing waits, so that asking often is cheap. */
export function takeNudges(draft: Draft, conversationId: string): readonly Nudge[] {
  const { id } = requireConversation(draft, conversationId);
  const row = draft.get(nudgesKey(id));
  if (row === undefined || row.waiting.length === 0) return [];
  draft.put(nudgesKey(id), { last: row.last, waiting: [] });
  return row.waiting;
}
