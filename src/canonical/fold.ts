import { defined } from './defined.ts';
import type { ChatEvent, ChatStream } from './events.ts';
import type { Item, Reply, Timestamp } from './model.ts';

/** Gathers the events of one reply, one at a time. */
export interface ReplyFolder {
  add(event: ChatEvent): void;
  /** What was gathered so far; `finishReason` is `stop` until the end says otherwise. */
  reply(): Reply;
}

/** A folder for one reply, whose id is the one that `reply-start` brings. `createdAt` is its time if `reply-start` brings none. */
export function createReplyFolder(createdAt: Timestamp): ReplyFolder {
  let start: Extract<ChatEvent, { type: 'reply-start' }> | undefined;
  let end: Extract<ChatEvent, { type: 'reply-end' }> | undefined;
  const text = createText();
  const items: Item[] = [];
  const suggestions: string[] = [];
  return {
    add(event) {
      switch (event.type) {
        case 'reply-start':
          start = event;
          break;
        case 'text-delta':
          text.add(event.text);
          break;
        case 'items-found':
          items.push(...event.items);
          break;
        case 'suggestions':
          suggestions.push(...event.suggestions);
          break;
        case 'reply-end':
          end = event;
          break;
        case 'typing':
          break;
        default:
          event satisfies never;
      }
    },
    reply: () =>
      defined({
        id: start?.replyId ?? '',
        conversationId: start?.conversationId,
        text: text.whole(),
        items: [...items],
        suggestions: [...suggestions],
        model: end?.model,
        usage: end?.usage,
        finishReason: end?.finishReason ?? 'stop',
        calls: end?.calls,
        workings: end?.workings,
        createdAt: start?.createdAt ?? createdAt,
      }),
  };
}

/** Text that grows by small pieces. Added to a string one by one, each piece would cost several times its own length until it is read. */
function createText() {
  const joined: string[] = [];
  let pieces: string[] = [];
  return {
    add(piece: string): void {
      pieces.push(piece);
      if (pieces.length < piecesTogether) return;
      joined.push(pieces.join(''));
      pieces = [];
    },
    whole: (): string => joined.join('') + pieces.join(''),
  };
}

const piecesTogether = 256;

/** The whole of a stream. Inverse of `unfoldReply`. Throws what the stream throws. */
export async function foldReply(stream: ChatStream, createdAt: Timestamp): Promise<Reply> {
  const folder = createReplyFolder(createdAt);
  for await (const batch of stream) for (const event of batch) folder.add(event);
  return folder.reply();
}

/** A whole reply as the shortest stream that folds to it. */
export function unfoldReply(reply: Reply): readonly ChatEvent[] {
  const { id, conversationId, text, items, suggestions, finishReason, calls, workings, model, usage, createdAt } =
    reply;
  return [
    defined({ type: 'reply-start' as const, replyId: id, conversationId, createdAt }),
    ...(text === '' ? [] : [{ type: 'text-delta' as const, text }]),
    ...(items.length === 0 ? [] : [{ type: 'items-found' as const, items }]),
    ...(suggestions.length === 0 ? [] : [{ type: 'suggestions' as const, suggestions }]),
    defined({ type: 'reply-end' as const, finishReason, calls, workings, model, usage }),
  ];
}
