import type { Backend } from '../backends/backend.ts';
import {
  type ChatEvent,
  type Conversation,
  createReplyFolder,
  defined,
  guardReply,
  type Message,
  type Turn,
} from '../canonical/index.ts';
import { type GatewayError, toGatewayError } from '../errors/index.ts';
import type { NewMessage, OnceKey } from '../stores/store.ts';
import type { Caller } from './caller.ts';
import type { Services } from './services.ts';

/** How many messages of the past a backend may see. */
const historyLength = 50;

/** A turn whose visitor's message is stored. */
export interface AskedTurn {
  readonly turn: Turn;
  readonly conversation: Conversation;
  readonly messageId: string;
  readonly once?: OnceKey;
}

/**
 * Asks the backend and passes on what it says, batch by batch. The reply is stored before its end is passed on: what a client
 * has seen end is kept. A reply that breaks off is stored too, as `interrupted` if the client left and `failed` otherwise.
 */
export async function* answerTurn(
  services: Services,
  asked: AskedTurn,
  backend: Backend,
  caller: Caller,
): AsyncGenerator<readonly ChatEvent[], void, void> {
  // The client may have left while its message was stored: nobody is asked then.
  caller.call.signal.throwIfAborted();
  const record = beginRecord(services, asked, caller);
  try {
    for await (const batch of guardReply(
      backend.answer(asked.turn, contextOf(services, asked, backend, caller), caller.call),
    )) {
      const named = batch.map((event) => nameModel(event, backend));
      record.add(named);
      if (named.at(-1)?.type === 'reply-end') await record.complete();
      yield named;
    }
  } catch (thrown) {
    // An abort is known by its signal: what a cancelled backend throws says little.
    const error = toGatewayError(caller.call.signal.aborted ? caller.call.signal.reason : thrown);
    await record.breakOff(error);
    throw error;
  } finally {
    await record.breakOff();
  }
}

/** The model of a reply is its backend's name where the backend tells none. */
function nameModel(event: ChatEvent, backend: Backend): ChatEvent {
  return event.type === 'reply-end' && event.model === undefined ? { ...event, model: backend.name } : event;
}

function contextOf(services: Services, { conversation, messageId }: AskedTurn, backend: Backend, caller: Caller) {
  return {
    replyId: caller.replyId,
    conversation,
    async history(): Promise<readonly Message[]> {
      const latest = await services.store.latestMessages(conversation.id, historyLength + 1);
      const position = latest.findIndex((message) => message.id === messageId);
      return (position === -1 ? latest : latest.slice(0, position)).slice(-historyLength);
    },
    async remember(remoteId: string): Promise<void> {
      await services.store.changeConversation(conversation.id, {
        remoteIds: { [backend.name]: remoteId },
        updatedAt: caller.call.receivedAt,
      });
    },
  };
}

/** Follows one reply from its first event to its place in the store, and tells the feed. */
function beginRecord(services: Services, { conversation, once }: AskedTurn, { replyId, call }: Caller) {
  const folder = createReplyFolder(call.receivedAt);
  const running = services.running.begin({ replyId, conversationId: conversation.id, soFar: () => folder.reply() });
  let settled = false;
  services.feed.publish(conversation.id, { type: 'reply-started', replyId });

  const settle = async (outcome: Pick<Message, 'status' | 'failure'>): Promise<void> => {
    settled = true;
    running.end();
    const draft = toMessage(folder.reply(), { conversationId: conversation.id, id: replyId, ...outcome });
    // A reply that broke off before its first word leaves nothing to keep; followers are told all the same.
    const kept = outcome.status === 'complete' || draft.text !== '' || draft.items.length > 0;
    const message = kept ? await services.store.appendReply(draft, once) : { ...draft, sequence: 0 };
    services.feed.publish(conversation.id, { type: 'message', message });
  };

  return {
    add(batch: readonly ChatEvent[]): void {
      for (const event of batch) {
        folder.add(event);
        if (event.type === 'reply-start' || event.type === 'reply-end') continue;
        services.feed.publish(conversation.id, { type: 'reply-progress', replyId, progress: event });
      }
    },
    complete: () => settle({ status: 'complete' }),
    async breakOff(error?: GatewayError): Promise<void> {
      if (settled) return;
      const interrupted = error === undefined || error.code === 'client-closed';
      await settle(interrupted ? { status: 'interrupted' } : { status: 'failed', failure: error.code });
    },
  };
}

function toMessage(
  { text, items, suggestions, finishReason, model, usage }: ReturnType<ReturnType<typeof createReplyFolder>['reply']>,
  facts: Pick<Message, 'id' | 'conversationId' | 'status' | 'failure'>,
): NewMessage {
  return defined({
    ...facts,
    role: 'assistant' as const,
    text,
    items,
    suggestions,
    attachments: [],
    createdAt: new Date().toISOString(),
    finishReason: facts.status === 'complete' ? finishReason : undefined,
    model,
    usage,
  });
}
