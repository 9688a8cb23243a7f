import type { FeedEntry, FeedEvent, GrowingReply } from '../../canonical/index.ts';
import { encodeEntry } from './message-event.ts';
import type { MessageEvent } from './wire.ts';

/**
 * Writes the events of one chat to one follower. They do not say of which reply they are, and a client adds them up: so only the latest
 * reply is told step by step. What another one comes to is told whole, at its end; if it comes to nothing, not while the latest is told.
 * After an end that is told, what still grows is only shown as being written, as clients begin anew. Our choice.
 */
export function createEventWriter(): (entry: FeedEntry) => MessageEvent | undefined {
  const voice = createVoice();
  const shown = (event: FeedEvent): FeedEvent | undefined => {
    switch (event.type) {
      case 'opened':
        for (const reply of event.growing ?? []) voice.resume(reply);
        return event;
      case 'reply-started':
        voice.begin(event.replyId);
        return event;
      case 'reply-progress':
        return voice.grow(event);
      case 'message':
        return voice.end(event);
      case 'mode-changed':
        return event;
      default:
        return event satisfies never;
    }
  };
  return (entry) => {
    const event = shown(entry.event);
    return event && encodeEntry({ ...entry, event });
  };
}

type EventOf<T extends FeedEvent['type']> = Extract<FeedEvent, { readonly type: T }>;

/** Which reply is being told, step by step. */
function createVoice() {
  let latest: string | undefined;
  const others = new Set<string>();
  let isTyping = false;

  const begin = (replyId: string): void => {
    if (latest !== undefined) others.add(latest);
    others.delete(replyId);
    latest = replyId;
  };
  return {
    begin,
    resume({ replyId, isCutInto }: GrowingReply): void {
      if (isCutInto) others.add(replyId);
      else begin(replyId);
    },
    grow(event: EventOf<'reply-progress'>): FeedEvent | undefined {
      const { replyId } = event;
      if (latest === undefined && !others.has(replyId)) latest = replyId;
      if (latest === replyId) return event;
      others.add(replyId);
      if (latest !== undefined || isTyping) return undefined;
      isTyping = true;
      return { type: 'reply-started', replyId };
    },
    end(event: EventOf<'message'>): FeedEvent | undefined {
      const { id, role, status } = event.message;
      if (role === 'visitor' || role === 'system') return event;
      others.delete(id);
      if (latest !== undefined && latest !== id) {
        if (status !== 'complete') return undefined;
        others.add(latest);
      }
      latest = undefined;
      isTyping = false;
      return event;
    },
  };
}
