import { randomUUID } from 'node:crypto';
import type { ChatEvent, Message, Reply } from '../../canonical/index.ts';
import { type GatewayError, toGatewayError } from '../../errors/index.ts';
import type { FeedRecords, ReplyEnd, Step } from '../../stores/feed-records.ts';
import { addSteps, isStep, stepsOf } from './steps.ts';

/** A reply that this process gives. */
export interface GivenReply {
  readonly conversationId: string;
  readonly replyId: string;
  /** What was gathered so far: all that was published, and nothing else. */
  soFar(): Reply;
}

/** Tells followers of one reply. */
export interface ReplyPublisher {
  /** What the reply has gained; `soFar` holds it already. Nothing is kept of it while nobody follows. */
  publish(batch: readonly ChatEvent[]): void;
  /** The reply has ended: as the message that was stored, or with sequence 0 as one that was not. */
  end(message: Message): void;
}

export interface PublisherOptions {
  readonly records: FeedRecords;
  readonly renewMs: number;
  /** Told how each writing went; `failed` also that something is told late. */
  readonly health: { answered(): void; failed(reason: GatewayError): void };
  readonly whenLate: () => void;
  /** Called when nothing more is written of the reply. */
  readonly whenOver: () => void;
}

export interface Publisher extends ReplyPublisher {
  /** Somebody follows, or may. */
  followed(): void;
  /** Renews the lease, if it is time to. */
  renew(now: number): void;
  /** Resolves when all that was published so far is written, or cannot be now. */
  written(): Promise<void>;
}

/** So soon what could not be written is tried again, and for so long after the end, when no record is left; in milliseconds. */
const retryMs = 500;
const recordMs = 300_000;

/** One write is on its way at a time: what comes meanwhile, and soon after it, goes with the next one. */
export function createPublisher(reply: GivenReply, options: PublisherOptions): Publisher {
  const { records, renewMs, health, whenLate, whenOver } = options;
  const { conversationId, replyId } = reply;
  let isFollowed = records.isFollowed(conversationId);
  /** The list as it was written; `undefined` where it is to be written anew. */
  let list: { readonly token: string; count: number } | undefined;
  let gained: Step[] = [];
  let end: ReplyEnd | undefined;
  let isOver = false;
  let isWriting = false;
  let writing: Promise<void> | undefined;
  let writtenAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let createdAt = '';
  let forgottenAt = Number.POSITIVE_INFINITY;

  const isBehind = (): boolean => list === undefined || gained.length > 0;

  function wholeSteps(): Step[] {
    const soFar = reply.soFar();
    ({ createdAt } = soFar);
    return stepsOf(soFar);
  }
  async function write(isRenewal: boolean): Promise<void> {
    try {
      // A message that was stored says all; of one that was not, followers hear the last words from here alone.
      const isWanted = end === undefined ? isRenewal || isBehind() : end.sequence === 0 && gained.length > 0;
      if (isFollowed && isWanted) {
        const steps = list === undefined ? wholeSteps() : gained;
        const { token, count } = list ?? { token: randomUUID().slice(-12), count: 0 };
        gained = [];
        list = undefined; // should this fail, nobody knows what is there
        const isNew = writtenAt === Number.NEGATIVE_INFINITY;
        const grown = await records.grow({ conversationId, replyId, createdAt, token, isNew }, count, steps);
        if (grown === 'grown') list = { token, count: count + steps.length };
        else if (grown === 'unfollowed') isFollowed = false;
        else if (grown === 'ended') finish();
      }
      if (end !== undefined && !isOver) {
        await records.end(conversationId, replyId, end);
        finish();
      }
      health.answered();
      writtenAt = performance.now();
    } catch (thrown) {
      health.failed(toGatewayError(thrown));
      whenLate();
      writtenAt = performance.now() + retryMs - records.paceMs();
      if (performance.now() > forgottenAt) finish();
    }
    isWriting = false;
    if (end !== undefined || (isFollowed && isBehind())) flushSoon();
  }
  function finish(): void {
    isOver = true;
    clearTimeout(timer);
    whenOver();
  }
  function flush(isRenewal = false): void {
    clearTimeout(timer);
    timer = undefined;
    if (isWriting || isOver) return;
    isWriting = true;
    writing = write(isRenewal);
  }
  /** At once, unless something was written just now. */
  function flushSoon(): void {
    if (isWriting || timer !== undefined || isOver) return;
    const now = performance.now();
    // An end waits for nothing but a store that is away.
    const waitMs = end === undefined || writtenAt > now ? writtenAt + records.paceMs() - now : 0;
    if (waitMs <= 0) flush();
    else timer = setTimeout(() => flush(), waitMs).unref();
  }

  if (isFollowed) flush();
  return {
    publish(batch) {
      if (!isFollowed || isOver) return;
      // What is to be written whole is gathered elsewhere.
      if (list !== undefined || isWriting) for (const event of batch) if (isStep(event)) addSteps(gained, [event]);
      if (isBehind()) flushSoon();
    },
    end({ sequence, status, failure }) {
      if (isOver) return;
      // Nobody was told anything of it; whoever stored its message has told that.
      if (!isFollowed && list === undefined && !isWriting) {
        finish();
        return;
      }
      end = failure === undefined ? { sequence, status } : { sequence, status, failure };
      forgottenAt = performance.now() + recordMs;
      clearTimeout(timer);
      timer = undefined;
      flushSoon();
    },
    followed() {
      if (isFollowed || isOver) return;
      isFollowed = true;
      flushSoon();
    },
    renew(now) {
      if (isFollowed && now - writtenAt >= renewMs) flush(true);
    },
    async written() {
      if (timer !== undefined) flush();
      await writing;
    },
  };
}
