import {
  defined,
  type FeedEntry,
  type FeedEvent,
  type Message,
  type ReplyProgress,
  type Timestamp,
} from '../../canonical/index.ts';
import { errorCodes, isErrorCode } from '../../errors/index.ts';
import { encodeFinds } from './message.ts';
import { product } from './product.ts';
import type { MessageEvent } from './wire.ts';

type Step = Omit<MessageEvent, 'chatId' | 'eventId'>;

const typing: Step = { toolName: 'typing', content: '', status: 'inProgress' };

/** What the chat's followers are shown of an entry; nothing of what the visitor says and of who answers. Our choice of tool names. */
export function encodeEntry({ id, conversationId, event }: FeedEntry): MessageEvent | undefined {
  const step = encodeEvent(event);
  return step && inOrder(step, { chatId: conversationId, eventId: id });
}

/** The last step of a reply that came to nothing; `sentence` is one that a client may see. */
export function failedEvent(ids: Pick<MessageEvent, 'chatId' | 'eventId'>, sentence: string): MessageEvent {
  return inOrder({ toolName: 'message', content: sentence, status: 'failed' }, ids);
}

function inOrder(step: Step, { chatId, eventId }: Pick<MessageEvent, 'chatId' | 'eventId'>): MessageEvent {
  const { toolName, content, toolResponse, status } = step;
  return defined({ chatId, eventId, toolName, content, toolResponse, status });
}

function encodeEvent(event: FeedEvent): Step | undefined {
  switch (event.type) {
    case 'reply-started':
      return typing;
    case 'reply-progress':
      return encodeProgress(event.progress);
    case 'message':
      return encodeEnd(event.message);
    case 'opened':
    case 'mode-changed':
      return undefined;
    default:
      return event satisfies never;
  }
}

function encodeProgress(progress: ReplyProgress): Step {
  const status = 'inProgress';
  switch (progress.type) {
    case 'typing':
      return typing;
    case 'text-delta':
      return { toolName: 'message', content: progress.text, status };
    case 'items-found':
      return {
        toolName: 'products',
        content: '',
        toolResponse: { products: progress.items.map(product.encode) },
        status,
      };
    case 'suggestions':
      return { toolName: 'suggestions', content: '', toolResponse: { suggestions: progress.suggestions }, status };
    default:
      return progress satisfies never;
  }
}

/** The whole of it, products and suggestions too: who polls, or comes back late, is told nothing else. Our choice. */
function encodeEnd(message: Message): Step | undefined {
  const { role, status, text, failure } = message;
  if (role === 'visitor' || role === 'system') return undefined;
  if (status === 'complete') {
    const finds = defined(encodeFinds(message));
    const toolResponse = Object.keys(finds).length === 0 ? undefined : finds;
    return defined({ toolName: 'message', content: text, toolResponse, status: 'completed' });
  }
  const code = failure !== undefined && isErrorCode(failure) ? failure : 'upstream-failed';
  const content = status === 'interrupted' ? 'The reply was interrupted' : errorCodes[code].publicMessage;
  return { toolName: 'message', content, status: 'failed' };
}

/**
 * Reads the events of one chat, in order. A reply's id is the `eventId` of its first event. `position` is the event's place in
 * the upstream's feed, or '' where the wire does not say it.
 */
export function createEventReader(at: Timestamp): (event: MessageEvent, position: string) => readonly FeedEntry[] {
  let open: string | undefined;
  return (event, position) => {
    const { chatId, eventId } = event;
    const events = endsReply(event) ? [decodeEnd(event, open ?? eventId, at)] : decodeProgress(event, open);
    open = endsReply(event) ? undefined : (open ?? eventId);
    return events.map((told) => ({ id: eventId, position, conversationId: chatId, at, event: told }));
  };
}

/** A tool that is done has not ended the reply, unless it is the tool that speaks. */
function endsReply({ status, toolName, content }: MessageEvent): boolean {
  return status === 'failed' || (status === 'completed' && (toolName === 'message' || content !== ''));
}

function decodeProgress({ eventId, content, toolResponse }: MessageEvent, open: string | undefined): FeedEvent[] {
  const replyId = open ?? eventId;
  const told: ReplyProgress[] = [];
  if (content !== '') told.push({ type: 'text-delta', text: content });
  if (toolResponse?.products) told.push({ type: 'items-found', items: toolResponse.products.map(product.decode) });
  if (toolResponse?.suggestions) told.push({ type: 'suggestions', suggestions: toolResponse.suggestions });
  if (told.length > 0) return told.map((progress) => ({ type: 'reply-progress', replyId, progress }));
  return [
    open === undefined
      ? { type: 'reply-started', replyId }
      : { type: 'reply-progress', replyId, progress: { type: 'typing' } },
  ];
}

function decodeEnd({ chatId, content, toolResponse, status }: MessageEvent, id: string, at: Timestamp): FeedEvent {
  const failed = status === 'failed';
  return {
    type: 'message',
    message: defined({
      id,
      conversationId: chatId,
      sequence: 0, // the wire does not count messages
      role: 'assistant',
      text: failed ? '' : content, // the upstream's sentence about a failure is no answer
      items: (toolResponse?.products ?? []).map(product.decode),
      suggestions: toolResponse?.suggestions ?? [],
      attachments: [],
      createdAt: at,
      status: failed ? 'failed' : 'complete',
      failure: failed ? 'upstream-failed' : undefined,
    }),
  };
}
