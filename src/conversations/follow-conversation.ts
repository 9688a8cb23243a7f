import type { FeedEntry, FeedEvent, InputOf } from '../canonical/index.ts';
import type { Caller } from './caller.ts';
import { type Cursor, readCursor, writeCursor } from './feed/cursor.ts';
import { createFollower, type Follower, type View } from './feed/difference.ts';
import { withoutWorkings } from './feed/held-view.ts';
import type { Joined } from './feed.ts';
import { conversationOf } from './find-conversation.ts';
import type { FeedAnswer, Services } from './services.ts';

/** A conversation, and the id that a follower's dialect shows for it. */
interface Place {
  readonly inner: string;
  readonly shown: string;
}

/** So many messages are read at once in catching up. */
const catchUpLength = 1_000;
/** How long a reply that is nowhere may still be written anew by its process before it is told that it failed, in milliseconds. */
const missingMs = 10_000;

/** Tells what happens in a conversation: from now on, from the cursor that the follower comes back with, or only what is there now. */
export async function followConversation(
  services: Services,
  input: InputOf<'follow-conversation'>,
  caller: Caller,
): Promise<FeedAnswer> {
  const { store } = services;
  const { participant } = input;
  const conversation = await conversationOf(services, input.conversationId, caller, participant);
  const place = { inner: conversation.id, shown: input.conversationId };
  const { agentId, mode } = conversation;
  const answer = { conversationId: place.shown, agentId };
  if (input.delivery === 'recent') {
    return { ...answer, stream: recent(services, place), caughtUp: () => Promise.resolve() };
  }
  const userId = participant?.userId;
  const participantCreated = userId !== undefined && (await store.ensureUser({ tenantId: caller.tenant.id, userId }));
  const opened: Opened = {
    type: 'opened',
    tenantId: caller.tenant.id,
    participant: participant ?? conversation.participant,
    participantCreated,
  };
  const { signal } = caller.call;
  const known: { follower?: Follower } = {};
  // Before the answer begins: what its reader does then is told.
  const joined = await services.feed.join(place.inner, caller.carrier, () => known.follower?.sequence ?? 0, signal);
  const { view } = joined.reader;
  known.follower = createFollower(place.shown, cursorIn(view, { mode, after: readCursor(input.after) }), view);
  const stream = follow(services, { place, opened, joined, follower: known.follower, caller });
  return { ...answer, stream, caughtUp: joined.caughtUp };
}

/** Where a follower begins. What it was told may have been lost since, in a store that is a copy: it has given out fewer numbers then. */
function cursorIn(
  { version, last, ...view }: View,
  { mode, after }: Pick<Cursor, 'mode'> & { after: Cursor | undefined },
): Cursor {
  if (after === undefined) return { version, sequence: last, mode: view.mode ?? mode, replies: new Map() };
  const sequence = Math.min(after.sequence, last);
  return { version: Math.min(after.version, version), sequence, mode: after.mode ?? mode, replies: after.replies };
}

type Opened = Extract<FeedEvent, { readonly type: 'opened' }>;

interface Following {
  readonly place: Place;
  readonly opened: Opened;
  readonly joined: Joined;
  readonly follower: Follower;
  readonly caller: Caller;
}

async function* follow(services: Services, { place, opened, joined, follower, caller }: Following) {
  const { signal, receivedAt } = caller.call;
  const { reader, leave } = joined;
  const { view } = reader;
  const isOver = (): boolean => signal.aborted || reader.isOver;
  let missingSince: number | undefined;
  try {
    if (isOver()) return;
    const growing = follower.growing(view);
    const event = growing.length === 0 ? opened : { ...opened, growing };
    yield [follower.entry(event, { id: caller.replyId, at: receivedAt })];
    while (!isOver()) {
      const entries = follower.tell(view) ?? (yield* catchUp(services, place, follower));
      if (entries.length > 0) {
        yield entries;
        continue;
      }
      // Who left while messages were read is woken by nobody.
      if (isOver()) return;
      missingSince = follower.misses(view) ? (missingSince ?? performance.now()) : undefined;
      const left = missingSince === undefined ? undefined : missingSince + missingMs - performance.now();
      if (left === undefined || left > 0) await reader.next(left);
      else yield follower.abandon(view);
    }
  } finally {
    leave();
  }
}

/** Messages before those of the view, from the store, the last of them as what is returned. */
async function* catchUp(
  { store }: Services,
  { inner }: Place,
  follower: Follower,
): AsyncGenerator<FeedEntry[], FeedEntry[], void> {
  for (;;) {
    const page = await store.messagesAfter(inner, follower.sequence, catchUpLength);
    const entries = follower.tellMessages(page.map(withoutWorkings));
    if (page.length < catchUpLength) return entries;
    yield entries;
  }
}

/** What is there now. */
async function* recent(services: Services, { inner, shown }: Place): AsyncGenerator<readonly FeedEntry[]> {
  const { view } = await services.feed.glance(inner);
  const first = (view.messages[0]?.sequence ?? view.last + 1) - 1;
  const cursor = { version: view.version, sequence: first, mode: view.mode, replies: new Map() };
  const entries = createFollower(shown, cursor, view).tell(view) ?? [];
  // Who goes on from here is told of each running reply from its beginning.
  const told = { ...cursor, replies: new Map() };
  yield entries.map((entry) => {
    const sequence = entry.event.type === 'message' ? entry.event.message.sequence : view.last;
    return { ...entry, position: writeCursor({ ...told, sequence }) };
  });
}
