import { buffer as readBytes } from 'node:stream/consumers';
import type { AnswerContext, Backend } from '../backends/backend.ts';
import {
  type ChatEvent,
  type Conversation,
  createReplyFolder,
  defined,
  type Message,
  type Reply,
  type Turn,
} from '../canonical/index.ts';
import { type ErrorCode, GatewayError, toGatewayError, type Violation } from '../errors/index.ts';
import type { Images } from '../stores/images.ts';
import { isAnothers, type NewMessage, type OnceKey } from '../stores/store.ts';
import { uploadNameIn } from '../stores/upload-names.ts';
import type { Meter } from './allowance.ts';
import type { Caller } from './caller.ts';
import type { Services } from './services.ts';

/** How many messages of the past a backend sees that does not say how many. */
const historyLength = 50;

/** What ends a reply that its backend has not failed. */
const ownDoing: ReadonlySet<ErrorCode> = new Set(['client-closed', 'shutting-down']);

/** A turn whose visitor's message is stored. */
export interface AskedTurn {
  readonly turn: Turn;
  readonly conversation: Conversation;
  readonly messageId: string;
  readonly onceKey?: OnceKey | undefined;
  readonly meter: Pick<Meter, 'sent'>;
}

/**
 * Asks the backend and passes on what it says, batch by batch. The reply is stored before its end is passed on: what a client
 * has seen end is kept. A reply that breaks off is stored too, as `interrupted` if the client left or the gateway closed, and
 * `failed` otherwise.
 */
export async function* answerTurn(
  services: Services,
  asked: AskedTurn,
  backend: Backend,
  caller: Caller,
): AsyncGenerator<readonly ChatEvent[], void, void> {
  // The client may have left while its message was stored: nobody is asked then.
  caller.call.signal.throwIfAborted();
  services.loss.turn(caller.dialect.name, backend, asked.turn);
  const record = beginRecord(services, asked, { caller, backend });
  const complete = completeEvents({ backend, itemLimit: asked.turn.itemLimit, createdAt: new Date().toISOString() });
  try {
    for await (const batch of backend.answer(
      asked.turn,
      contextOf(services, asked, { backend, caller }),
      caller.call,
    )) {
      const completed = batch.every(isAsItIs) ? batch : batch.flatMap(complete);
      if (completed.length === 0) continue;
      record.add(completed);
      if (completed.at(-1)?.type === 'reply-end') await record.complete();
      yield completed;
    }
  } catch (thrown) {
    // What goes wrong after the end, which was passed on, takes nothing from the reply.
    if (record.isComplete() && !caller.call.signal.aborted) return;
    // An abort is known by its signal: what a cancelled backend throws says little.
    const error = toGatewayError(caller.call.signal.aborted ? caller.call.signal.reason : thrown);
    await record.breakOff(error);
    throw error;
  } finally {
    try {
      await record.breakOff();
    } finally {
      record.leave();
    }
  }
}

interface Completion {
  readonly backend: Backend;
  readonly itemLimit: number | undefined;
  readonly createdAt: string;
}

/** What `completeEvents` leaves alone: most batches are words and nothing else. */
const isAsItIs = ({ type }: ChatEvent): boolean => type === 'text-delta' || type === 'typing' || type === 'suggestions';

/** Adds what the gateway knows of a reply (its time; its backend's name, where no model is told) and keeps its items within the turn's limit. */
function completeEvents({ backend, itemLimit = Number.POSITIVE_INFINITY, createdAt }: Completion) {
  let room = itemLimit;
  return (event: ChatEvent): ChatEvent | readonly ChatEvent[] => {
    if (event.type === 'reply-start') return { ...event, createdAt };
    if (event.type === 'reply-end') return { ...event, model: event.model ?? backend.name };
    if (event.type !== 'items-found') return event;
    const items = event.items.slice(0, room);
    room -= items.length;
    return items.length === 0 ? [] : { ...event, items };
  };
}

interface Answering {
  readonly caller: Caller;
  readonly backend: Backend;
}

function contextOf(
  services: Services,
  { conversation, messageId, meter }: AskedTurn,
  { backend, caller }: Answering,
): AnswerContext {
  let known = conversation;
  return {
    replyId: caller.replyId,
    sent: meter.sent,
    upload: (url) => readUpload(services.images, url),
    leftOut(image) {
      const path = caller.placeOfImage?.(image);
      if (path === undefined) services.loss.image(caller.dialect.name, backend);
      else throw imageRefused(path);
    },
    get conversation() {
      return known;
    },
    async history(length = historyLength) {
      if (conversation.messageCount === 0) return []; // as it was before the turn
      const latest = await services.store.latestMessages(conversation.id, length + 1);
      const position = latest.findIndex((message) => message.id === messageId);
      return (position === -1 ? latest : latest.slice(0, position)).slice(-length);
    },
    async transcript(id, participant) {
      const other = await services.store.conversation(id);
      if (other?.tenantId !== caller.tenant.id || isAnothers(other, participant)) return [];
      return services.store.latestMessages(id, historyLength);
    },
    async remember(backend, remoteId) {
      known = { ...known, remoteIds: { ...known.remoteIds, [backend]: remoteId } };
      await services.store.changeConversation(conversation.id, {
        remoteIds: { [backend]: remoteId },
        updatedAt: caller.call.receivedAt,
      });
    },
  };
}

function imageRefused(path: Violation['path']): GatewayError {
  const message = 'The image is neither an upload of this service nor on a host from which images are passed on';
  const violations = [{ path, rule: 'image', params: {}, value: undefined, message }];
  return new GatewayError('invalid-request', message, { violations });
}

/** An image of ours as its own address. */
async function readUpload(images: Pick<Images, 'open'>, url: string): Promise<string | undefined> {
  const name = uploadNameIn(url);
  const image = name === undefined ? undefined : await images.open(name);
  return image && `data:${image.type};base64,${(await readBytes(image.content)).toString('base64')}`;
}

/** Follows one reply from its first event to its place in the store, and tells the feed. */
function beginRecord(
  services: Services,
  { conversation, onceKey }: AskedTurn,
  { caller: { replyId, call, dialect }, backend }: Answering,
) {
  const folder = createReplyFolder(call.receivedAt);
  const running = services.running.begin();
  const share = services.replyRoom.begin();
  const telling = services.feed.begin({ conversationId: conversation.id, replyId, soFar: () => folder.reply() });
  let settled = false;
  let complete = false;

  const settle = async (outcome: Pick<Message, 'status' | 'failure'>): Promise<void> => {
    settled = true;
    running.end();
    const reply = folder.reply();
    services.loss.reply(dialect.name, backend, reply);
    const draft = toMessage(reply, { conversationId: conversation.id, id: replyId, ...outcome });
    // A reply that broke off before its first word leaves nothing to keep; followers are told all the same.
    const hasWords = draft.text !== '' || draft.items.length > 0;
    const kept = outcome.status === 'complete' || (hasWords && !(await isAnswered(services, onceKey)));
    const message = kept ? await services.store.appendReply(draft, onceKey) : { ...draft, sequence: 0 };
    // Another process has answered the turn meanwhile: this reply is none.
    const told = message.id === replyId ? message : { ...draft, status: 'interrupted' as const, sequence: 0 };
    telling.end(withoutWorkings(told));
  };

  const settleOrTell = async (outcome: Pick<Message, 'status' | 'failure'>): Promise<void> => {
    try {
      await settle(outcome);
    } catch (thrown) {
      // What cannot be stored must not leave followers waiting for its end.
      const facts = { conversationId: conversation.id, id: replyId, status: 'failed' as const, failure: 'internal' };
      telling.end(withoutWorkings({ ...toMessage(folder.reply(), facts), sequence: 0 }));
      throw thrown;
    }
  };

  return {
    add(batch: readonly ChatEvent[]): void {
      share.grow(batch);
      for (const event of batch) {
        folder.add(event);
        if (event.type !== 'reply-start' && event.type !== 'reply-end') telling.add(event);
      }
    },
    async complete(): Promise<void> {
      await settleOrTell({ status: 'complete' });
      complete = true;
    },
    isComplete: () => complete,
    /** It is kept, or never will be. */
    leave: share.release,
    async breakOff(error?: GatewayError): Promise<void> {
      if (settled) return;
      const interrupted = error === undefined || ownDoing.has(error.code);
      await settleOrTell(interrupted ? { status: 'interrupted' } : { status: 'failed', failure: error.code });
    },
  };
}

/** A message as anybody but who gave it may read it. */
export const withoutWorkings = ({ workings: _, told: __, ...message }: Message): Message => message;

/** Whether another process has taken this one for dead, and has answered the turn in its place. */
async function isAnswered({ store }: Services, onceKey: OnceKey | undefined): Promise<boolean> {
  return onceKey !== undefined && (await store.onceEntry(onceKey))?.replySequence !== undefined;
}

function toMessage(
  { text, items, suggestions, finishReason, calls, workings, model, usage, createdAt }: Reply,
  facts: Pick<Message, 'id' | 'conversationId' | 'status' | 'failure'>,
): NewMessage {
  return defined({
    ...facts,
    role: 'assistant' as const,
    text,
    items,
    suggestions,
    attachments: [],
    createdAt,
    finishReason: facts.status === 'complete' ? finishReason : undefined,
    calls,
    workings,
    model,
    usage,
  });
}
