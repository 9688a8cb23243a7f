import type { Awaitable } from '../async/awaitable.ts';
import type { Backend } from '../backends/backend.ts';
import type { ChatEvent, ChatStream } from '../canonical/index.ts';
import { type GatewayError, toGatewayError } from '../errors/index.ts';
import { type AskedTurn, contextOf } from './answer-context.ts';
import type { Caller } from './caller.ts';
import { beginRecord } from './reply-record.ts';
import type { Services } from './services.ts';

/**
 * Asks the backend and passes on what it says, batch by batch. The reply is stored before its end is passed on: what a client
 * has seen end is kept. A reply that breaks off is stored too, as `interrupted` if the client left or the gateway closed, and
 * `failed` otherwise. Written out as an iterator: a batch that is no end costs one promise.
 */
export function answerTurn(services: Services, asked: AskedTurn, backend: Backend, caller: Caller): ReplyIterator {
  const { signal } = caller.call;
  let answering: Answering | undefined;
  let reading: Promise<Step> | undefined;
  let isOver = false;

  const begin = (): Answering => {
    // The client may have left while its message was stored: nobody is asked then.
    signal.throwIfAborted();
    services.loss.turn(caller.dialect.name, backend, asked.turn);
    const record = beginRecord(services, asked, { caller, backend });
    const complete = completeEvents({ backend, itemLimit: asked.turn.itemLimit, createdAt: new Date().toISOString() });
    const context = contextOf(services, asked, { backend, caller });
    return { record, complete, source: iteratorOf(() => backend.answer(asked.turn, context, caller.call)) };
  };
  const read = (from: Answering): Promise<Step> =>
    from.source.next().then(
      (step) => take(from, step),
      (thrown: unknown) => fail(from, thrown),
    );
  const take = (from: Answering, step: Step): Awaitable<Step> => {
    if (step.done) return finish(from);
    try {
      const batch = from.complete(step.value);
      if (batch.length === 0) return read(from);
      from.record.add(batch);
      const passedOn = { done: false as const, value: batch };
      if (batch.at(-1)?.type !== 'reply-end') return passedOn;
      return from.record.complete().then(
        () => passedOn,
        (thrown: unknown) => abandon(from, thrown),
      );
    } catch (thrown) {
      return abandon(from, thrown);
    }
  };
  const finish = ({ record }: Answering, error?: GatewayError): Awaitable<Step> => {
    isOver = true;
    const breaking = record.breakOff(error);
    if (breaking !== undefined) return breaking.finally(record.leave).then(() => noMore);
    record.leave();
    return noMore;
  };
  const fail = async (from: Answering, thrown: unknown): Promise<Step> => {
    // What goes wrong after the end, which was passed on, takes nothing from the reply.
    const isHarmless = from.record.isComplete() && !signal.aborted;
    // An abort is known by its signal: what a cancelled backend throws says little.
    const error = toGatewayError(signal.aborted ? signal.reason : thrown);
    await finish(from, error);
    if (isHarmless) return noMore;
    throw error;
  };
  /** What goes wrong here is no fault of the backend's, which says the rest to nobody. */
  const abandon = async (from: Answering, thrown: unknown): Promise<Step> => {
    await leave(from.source);
    return fail(from, thrown);
  };
  return {
    next() {
      if (isOver) return Promise.resolve(noMore);
      try {
        answering ??= begin();
      } catch (thrown) {
        isOver = true;
        return Promise.reject(toGatewayError(thrown));
      }
      reading = read(answering);
      return reading;
    },
    async return() {
      await reading?.catch(() => undefined); // its reader was told
      if (answering !== undefined && !isOver) {
        await leave(answering.source);
        await finish(answering);
      }
      isOver = true;
      return noMore;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

type Step = IteratorResult<readonly ChatEvent[], unknown>;
type ReplyIterator = AsyncIterableIterator<readonly ChatEvent[], unknown>;

const noMore: Step = { done: true, value: undefined };

/** A reply that is being given. */
interface Answering {
  readonly record: ReturnType<typeof beginRecord>;
  readonly complete: ReturnType<typeof completeEvents>;
  readonly source: AsyncIterator<readonly ChatEvent[], unknown>;
}

/** What throws before there is anything to read is told by reading it. */
function iteratorOf(answer: () => ChatStream): Answering['source'] {
  try {
    return answer()[Symbol.asyncIterator]();
  } catch (thrown) {
    return { next: () => Promise.reject(toGatewayError(thrown)) };
  }
}

async function leave(source: Answering['source']): Promise<void> {
  await Promise.resolve(source.return?.()).catch(() => undefined); // it is not wanted: what it throws now says nothing
}

interface Completion {
  readonly backend: Backend;
  readonly itemLimit: number | undefined;
  readonly createdAt: string;
}

type ReplyStart = Extract<ChatEvent, { type: 'reply-start' }>;

/** What `completeEvents` leaves alone: most batches are words and nothing else. */
const isAsItIs = ({ type }: ChatEvent): boolean => type === 'text-delta' || type === 'typing' || type === 'suggestions';

/** Written out: on Node 20 a field that is new after a spread costs 2 µs. */
const startedAt = (createdAt: string, { replyId, conversationId }: ReplyStart): ReplyStart =>
  conversationId === undefined
    ? { type: 'reply-start', replyId, createdAt }
    : { type: 'reply-start', replyId, conversationId, createdAt };

/** Adds what the gateway knows of a reply (its time; its backend's name, where no model is told) and keeps its items within the turn's limit. */
function completeEvents({ backend, itemLimit = Number.POSITIVE_INFINITY, createdAt }: Completion) {
  let room = itemLimit;
  const complete = (event: ChatEvent): ChatEvent | readonly ChatEvent[] => {
    if (event.type === 'reply-start') return startedAt(createdAt, event);
    if (event.type === 'reply-end') return { ...event, model: event.model ?? backend.name };
    if (event.type !== 'items-found') return event;
    const items = event.items.slice(0, room);
    room -= items.length;
    return items.length === 0 ? [] : { ...event, items };
  };
  return (batch: readonly ChatEvent[]): readonly ChatEvent[] =>
    batch.every(isAsItIs) ? batch : batch.flatMap(complete);
}
