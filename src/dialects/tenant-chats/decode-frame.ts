import { defined, type FeedEntry, type FeedEvent, type Message } from '../../canonical/index.ts';
import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import { nameOf } from '../upstream-status.ts';
import type { Frame } from './frame.ts';
import { messageId, replyMetadata } from './message.ts';
import { timestamp, userId } from './values.ts';

/** What earlier frames of the connection said. */
export interface Connection {
  /** Its `connection_established`. */
  readonly opening: Frame | undefined;
  readonly conversationId: string;
}

type Told = Pick<FeedEntry, 'at' | 'conversationId' | 'event'>;
type FrameOf<T extends Frame['event_type']> = Extract<Frame, { readonly event_type: T }>;

/**
 * What a frame from upstream tells; `undefined` for one of a type that is not known. `user_created` comes as a second `opened`,
 * now with a created participant. Throws for an `error` frame `upstream-failed`, or what it says
 * of us; one about a chat that is not there has it as its subject.
 */
export function decodeFrame(frame: Frame, connection: Connection): Told | undefined {
  const event = eventOf(frame, connection);
  if (event === undefined) return undefined;
  const chat = 'chat_id' in frame ? frame.chat_id : undefined;
  return { at: timestamp.decode(frame.timestamp), conversationId: chat ?? connection.conversationId, event };
}

function eventOf(frame: Frame, { opening }: Connection): FeedEvent | undefined {
  switch (frame.event_type) {
    case 'connection_established':
      return opened(frame.tenant_id, frame.user_id, false);
    case 'user_created':
      return opened(opening?.event_type === 'connection_established' ? opening.tenant_id : '', frame.user_id, true);
    case 'message_received':
      return { type: 'message', message: { ...stored(frame), role: 'visitor', author: userId.decode(frame.user_id) } };
    case 'message_stream_started':
      return { type: 'reply-started', replyId: messageId.decode(frame.message_id) };
    case 'message_stream_token':
      return {
        type: 'reply-progress',
        replyId: messageId.decode(frame.message_id),
        progress: { type: 'text-delta', text: frame.token },
      };
    case 'message_stream_ended':
      return { type: 'message', message: { ...stored(frame), ...replyMetadata.decode(frame.metadata ?? {}) } };
    case 'error':
      throw failed(frame.error_code, frame.chat_id);
    default:
      frame satisfies never; // what the schema lets through beyond the known ones
      return undefined;
  }
}

/** Refusals of us; the others are failures. */
const refusals: Readonly<Record<string, ErrorCode>> = {
  AUTHENTICATION_FAILED: 'upstream-rejected',
  CHAT_NOT_FOUND: 'upstream-rejected',
  INVALID_MESSAGE: 'upstream-rejected',
  RATE_LIMITED: 'upstream-unavailable',
};

function failed(code: string, chatId: string | null | undefined): GatewayError {
  const subject = code === 'CHAT_NOT_FOUND' ? { kind: 'conversation' as const, id: chatId ?? '' } : undefined;
  return new GatewayError(refusals[code] ?? 'upstream-failed', `Upstream failed${nameOf(code)}`, defined({ subject }));
}

function opened(tenantId: string, user: string, participantCreated: boolean): FeedEvent {
  return { type: 'opened', tenantId, participant: userId.decode(user), participantCreated };
}

/** The wire numbers no messages. */
function stored(frame: FrameOf<'message_received' | 'message_stream_ended'>): Omit<Message, 'role'> {
  return {
    id: messageId.decode(frame.message_id),
    conversationId: frame.chat_id,
    sequence: 0,
    text: frame.content,
    items: [],
    suggestions: [],
    attachments: [],
    createdAt: timestamp.decode(frame.timestamp),
    status: 'complete',
  };
}
