import { type ChatEvent, createReplyFolder, type Message, type Reply } from '../canonical/index.ts';
import type { ErrorCode, GatewayError } from '../errors/index.ts';
import type { NewMessage } from '../stores/store.ts';
import type { Answerer, AskedTurn } from './answer-context.ts';
import type { Services } from './services.ts';

/** What ends a reply that its backend has not failed. */
const ownDoing: ReadonlySet<ErrorCode> = new Set(['client-closed', 'shutting-down']);

/** Follows one reply from its first event to its place in the store, and publishes it to the feed. */
export function beginRecord(
  services: Services,
  { conversation, onceKey }: AskedTurn,
  { caller: { replyId, call, dialect }, backend }: Answerer,
) {
  const folder = createReplyFolder(call.receivedAt);
  const running = services.running.begin();
  const share = services.replyRoom.begin();
  const publisher = services.feed.begin({ conversationId: conversation.id, replyId, soFar: () => folder.reply() });
  let settled = false;
  let complete = false;

  /** Stores the reply, and tells who follows of its end, even where it cannot be stored: they must not be left waiting for it. */
  const settle = (outcome: Pick<Message, 'status' | 'failure'>): Promise<void> => {
    settled = true;
    running.end();
    const reply = folder.reply();
    services.loss.reply(dialect.name, backend, reply);
    const draft = toMessage(reply, { conversationId: conversation.id, id: replyId, ...outcome });
    return keep(draft).then(
      (message) => {
        // Another process has answered the turn meanwhile: this reply is none.
        const told = message.id === replyId ? message : { ...draft, status: 'interrupted' as const, sequence: 0 };
        publisher.end(told);
        complete = outcome.status === 'complete';
      },
      (thrown: unknown) => {
        const facts = { conversationId: conversation.id, id: replyId, status: 'failed' as const, failure: 'internal' };
        publisher.end({ ...toMessage(reply, facts), sequence: 0 });
        throw thrown;
      },
    );
  };
  /** A reply that broke off before its first word leaves nothing to keep; followers are told all the same. */
  const keep = (draft: NewMessage): Promise<Message> => {
    if (draft.status !== 'complete' && draft.text === '' && draft.items.length === 0) return notKept(draft);
    if (draft.status === 'complete' || onceKey === undefined) return services.store.appendReply(draft, onceKey);
    // Another process may have taken this one for dead, and have answered the turn in its place.
    return services.store
      .idempotencyEntry(onceKey)
      .then((entry) =>
        entry?.replySequence === undefined ? services.store.appendReply(draft, onceKey) : notKept(draft),
      );
  };

  return {
    add(batch: readonly ChatEvent[]): void {
      share.grow(batch);
      for (const event of batch) folder.add(event);
      publisher.publish(batch);
    },
    complete: (): Promise<void> => settle({ status: 'complete' }),
    isComplete: () => complete,
    /** It is kept, or never will be. */
    leave: share.release,
    breakOff(error?: GatewayError): Promise<void> | undefined {
      if (settled) return undefined;
      const interrupted = error === undefined || ownDoing.has(error.code);
      return settle(interrupted ? { status: 'interrupted' } : { status: 'failed', failure: error.code });
    },
  };
}

const notKept = (draft: NewMessage): Promise<Message> => Promise.resolve({ ...draft, sequence: 0 });

function toMessage(
  { text, items, suggestions, finishReason, calls, workings, model, usage, createdAt }: Reply,
  facts: Pick<Message, 'id' | 'conversationId' | 'status' | 'failure'>,
): NewMessage {
  const { id, conversationId, status, failure } = facts;
  return {
    id,
    conversationId,
    role: 'assistant',
    text,
    items,
    suggestions,
    attachments: [],
    createdAt,
    status,
    ...(failure !== undefined && { failure }),
    ...(status === 'complete' && { finishReason }),
    ...(calls && { calls }),
    ...(workings && { workings }),
    ...(model !== undefined && { model }),
    ...(usage && { usage }),
  };
}
