import { randomUUID } from 'node:crypto';
import type { FeedEvent, Message, Reply, ReplyProgress } from '../../canonical/index.ts';
import type { TickNote } from './notes.ts';
import { advance, type ToldParts } from './told-replies.ts';

/** A reply that this process gives. */
export interface GivenReply {
  readonly conversationId: string;
  readonly replyId: string;
  /** What was gathered so far: all that was told, and nothing else. */
  soFar(): Reply;
}

/** Tells followers of one reply. */
export interface Telling {
  add(progress: ReplyProgress): void;
  /** The last that is told of it: the message that was stored, or would have been. */
  end(message: Message): void;
}

export interface TellingsOptions {
  /** Whether anybody follows a conversation. */
  readonly isFollowed: (conversationId: string) => boolean;
  /** Tells it now or later; if `whenUntold` is there, it is called in place of telling it later. */
  readonly tell: (conversationId: string, note: TickNote, whenUntold?: () => void) => void;
  readonly publish: (conversationId: string, event: FeedEvent) => void;
}

/** The replies that this process gives: to who follows they are told step by step. */
export interface Tellings {
  begin(reply: GivenReply): Telling;
  /** Tells what is under way in a conversation from its beginning; later steps follow on it. */
  tellAnew(conversationId: string): void;
  /** Tells all of which something could not be told. */
  tellMissed(): void;
}

interface Given {
  readonly reply: GivenReply;
  readonly parts: ToldParts;
  /** Whether all so far was told. */
  isTold: boolean;
}

/** An event as it is told now. */
export const eventNote = (event: FeedEvent, from?: number): TickNote =>
  from === undefined
    ? { type: 'event', id: randomUUID(), at: now(), event }
    : { type: 'event', id: randomUUID(), at: now(), event, from };

/** The time, of which many events in a row have the same. */
const now = (() => {
  let time = 0;
  let text = '';
  return (): string => {
    const newest = Date.now();
    if (newest !== time) [time, text] = [newest, new Date(newest).toISOString()];
    return text;
  };
})();

export function createTellings({ isFollowed, tell, publish }: TellingsOptions): Tellings {
  const given = new Map<string, Set<Given>>();

  const send = (telling: Given, note: TickNote): void => {
    tell(telling.reply.conversationId, note, () => {
      telling.isTold = false;
    });
  };
  const sendAll = (telling: Given): void => {
    telling.isTold = true;
    send(telling, wholeOf(telling));
  };

  const add = (telling: Given, progress: ReplyProgress): void => {
    const from = lengthBefore(telling.parts, progress);
    advance(telling.parts, progress, from);
    const { conversationId, replyId } = telling.reply;
    if (!isFollowed(conversationId)) telling.isTold = false;
    else if (!telling.isTold) sendAll(telling);
    else send(telling, eventNote({ type: 'reply-progress', replyId, progress }, from));
  };

  return {
    begin(reply) {
      const { conversationId, replyId } = reply;
      const isTold = isFollowed(conversationId);
      const telling: Given = { reply, parts: { text: 0, items: 0, suggestions: 0 }, isTold };
      const siblings = given.get(conversationId) ?? new Set();
      given.set(conversationId, siblings.add(telling));
      if (isTold) send(telling, eventNote({ type: 'reply-started', replyId }));
      return {
        add: (progress) => add(telling, progress),
        end(message) {
          siblings.delete(telling);
          if (siblings.size === 0) given.delete(conversationId);
          if (!telling.isTold && isFollowed(conversationId)) tell(conversationId, wholeOf(telling));
          publish(conversationId, { type: 'message', message });
        },
      };
    },
    tellAnew(conversationId) {
      for (const telling of given.get(conversationId) ?? []) sendAll(telling);
    },
    tellMissed() {
      for (const [conversationId, siblings] of given) {
        if (!isFollowed(conversationId)) continue;
        for (const telling of siblings) if (!telling.isTold) sendAll(telling);
      }
    },
  };
}

const wholeOf = ({ reply }: Given): TickNote => ({
  type: 'reply',
  reply: { ...reply.soFar(), id: reply.replyId },
});

function lengthBefore(parts: ToldParts, progress: ReplyProgress): number {
  switch (progress.type) {
    case 'typing':
      return 0;
    case 'text-delta':
      return parts.text;
    case 'items-found':
      return parts.items;
    case 'suggestions':
      return parts.suggestions;
    default:
      return progress satisfies never;
  }
}
