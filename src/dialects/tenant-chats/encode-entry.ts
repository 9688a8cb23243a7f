import type { FeedEntry, FeedEvent, Message, ReplyProgress } from '../../canonical/index.ts';
import { errorCodes, GatewayError, isErrorCode } from '../../errors/index.ts';
import { describeError } from './errors.ts';
import { type Frame, stamp } from './frame.ts';
import { messageId, replyMetadata } from './message.ts';
import { userId } from './values.ts';

/** What one follower has been told so far. */
interface Told {
  /** The user of the connection; `undefined` until it is established. */
  user?: string;
  /** Replies whose stream has begun and not ended. */
  readonly begun: Set<string>;
}

type EntryOf<T extends FeedEvent['type']> = Omit<FeedEntry, 'event'> & {
  readonly event: Extract<FeedEvent, { readonly type: T }>;
};

/**
 * The frames of one follower, entry by entry. Every message of the assistant's side comes as started, token, ended, whoever
 * wrote it and whenever the follower joined: a client that only gathers tokens shows all of them. Our choice.
 */
export function beginFollowing(): (entry: FeedEntry) => readonly Frame[] {
  const told: Told = { begun: new Set() };
  return (entry) => {
    const { event } = entry;
    switch (event.type) {
      case 'opened':
        return opened({ ...entry, event }, told);
      case 'reply-started':
        return [started(entry, event.replyId, told)];
      case 'reply-progress':
        return progress(entry, event, told);
      case 'message':
        return event.message.role === 'visitor'
          ? [received(entry, event.message, told)]
          : answered(entry, event.message, told);
      case 'mode-changed':
        return [];
      default:
        return event satisfies never;
    }
  };
}

/** The second `opened` of a connection can only say that the user is new: this wire tells that in a frame of its own. */
function opened({ event, at, conversationId }: EntryOf<'opened'>, told: Told): readonly Frame[] {
  const user = userId.encode(event.participant);
  const known = told.user !== undefined;
  told.user = user;
  const fields = { user_id: user, chat_id: conversationId, tenant_id: event.tenantId };
  return [
    ...(known ? [] : [stamp('connection_established', at, fields)]),
    ...(event.participantCreated ? [stamp('user_created', at, { user_id: user })] : []),
  ];
}

/** Told again for a follower that has fallen behind, before the text from its beginning. */
function started({ at, conversationId }: FeedEntry, replyId: string, { begun }: Told): Frame {
  begun.add(replyId);
  return stamp('message_stream_started', at, { message_id: messageId.encode(replyId), chat_id: conversationId });
}

/** For a follower who did not see the reply begin. */
function startedUnseen(entry: FeedEntry, replyId: string, told: Told): readonly Frame[] {
  return told.begun.has(replyId) ? [] : [started(entry, replyId, told)];
}

function progress(
  entry: FeedEntry,
  { replyId, progress: step }: { readonly replyId: string; readonly progress: ReplyProgress },
  told: Told,
): readonly Frame[] {
  if (step.type !== 'text-delta') return [];
  return [...startedUnseen(entry, replyId, told), token(entry, replyId, step.text)];
}

function token({ at, conversationId }: FeedEntry, id: string, text: string): Frame {
  return stamp('message_stream_token', at, {
    message_id: messageId.encode(id),
    chat_id: conversationId,
    token: text,
    content: text,
  });
}

function received({ at, conversationId }: FeedEntry, { id, author, text }: Message, told: Told): Frame {
  return stamp('message_received', at, {
    message_id: messageId.encode(id),
    chat_id: conversationId,
    user_id: author === undefined ? (told.user ?? '') : userId.encode(author),
    content: text,
  });
}

function answered(entry: FeedEntry, message: Message, told: Told): readonly Frame[] {
  if (message.status !== 'complete') {
    told.begun.delete(message.id);
    return [brokenOff(entry, message)];
  }
  const unseen = told.begun.has(message.id)
    ? []
    : [started(entry, message.id, told), ...(message.text === '' ? [] : [token(entry, message.id, message.text)])];
  told.begun.delete(message.id);
  const ended = stamp('message_stream_ended', entry.at, {
    message_id: messageId.encode(message.id),
    chat_id: entry.conversationId,
    content: message.text,
    metadata: replyMetadata.encode(message),
  });
  return [...unseen, ended];
}

/** A reply that is not whole: the error that ended it, or that whoever asked went away. */
function brokenOff({ at, conversationId }: FeedEntry, { id, failure, status }: Message): Frame {
  const unnamed = status === 'interrupted' ? 'client-closed' : 'upstream-failed';
  const code = failure !== undefined && isErrorCode(failure) ? failure : unnamed;
  const { code: socketCode, detail } = describeError(new GatewayError(code, errorCodes[code].publicMessage));
  return stamp('error', at, {
    error_code: socketCode,
    code: socketCode,
    message: detail,
    chat_id: conversationId,
    message_id: messageId.encode(id),
  });
}
