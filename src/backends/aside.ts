import { randomUUID } from 'node:crypto';
import {
  type ChatStream,
  type Conversation,
  createReplyFolder,
  createReplyGuard,
  type Message,
  type Reply,
  type Turn,
} from '../canonical/index.ts';
import type { Answered } from '../comparing/index.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { AnswerContext, Backend, Call } from './backend.ts';

/** What a backend answered beside everything else. */
export interface AnsweredAside extends Answered {
  readonly reply?: Reply;
  /** Until the end, in milliseconds. */
  readonly ms: number;
  /** How many characters a model was sent, where one tells. */
  readonly sent: number;
}

export interface AskedAside extends Pick<Call, 'isShadow'> {
  /** What was said before, oldest first, at most so many messages. */
  history(length: number): Promise<readonly Message[]>;
  /** As in `AnswerContext`; without it, no image is one of ours. */
  readonly upload?: AnswerContext['upload'];
  readonly timeoutMs: number;
  /** Ends it before. */
  readonly signal?: AbortSignal;
}

/** A conversation with backends that nobody here has: no row, no client. What they remember of it, it remembers. */
export interface Aside {
  /** Resolves within the time, whatever the backend does; never rejects. A `code` of `unreachable` where nobody is there. */
  ask(backend: Backend, turn: Turn, asked: AskedAside): Promise<AnsweredAside>;
}

export function createAside(): Aside {
  let conversation = newConversation();
  return {
    async ask(backend, turn, { history, upload = nothing, timeoutMs, isShadow, signal: ending }) {
      const replyId = randomUUID();
      const receivedAt = new Date().toISOString();
      let sent = 0;
      const context: AnswerContext = {
        replyId,
        get conversation() {
          return conversation;
        },
        history: (length = 50) => history(length),
        transcript: () => Promise.resolve([]),
        sent(characters) {
          sent += characters;
        },
        upload,
        leftOut: () => undefined,
        remember(name, remoteId) {
          conversation = { ...conversation, remoteIds: { ...conversation.remoteIds, [name]: remoteId } };
          return Promise.resolve();
        },
      };
      const startedAt = performance.now();
      const ms = (): number => performance.now() - startedAt;
      const time = AbortSignal.timeout(timeoutMs);
      const signal = ending === undefined ? time : AbortSignal.any([time, ending]);
      const call: Call = { requestId: replyId, receivedAt, signal, ...(isShadow && { isShadow }) };
      try {
        const reply = await within(signal, () => readReply(backend.answer(turn, context, call), receivedAt, signal));
        return { status: 200, code: 'ok', reply, ms: ms(), sent };
      } catch (thrown) {
        const error = signal.aborted
          ? new GatewayError('upstream-timeout', 'No answer in time')
          : toGatewayError(thrown);
        return { ...readFailure(error), ms: ms(), sent };
      }
    },
  };
}

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

/** Rejects when the signal aborts, though the work may not heed it. */
async function within<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(toGatewayError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Throws `upstream-protocol` for a reply out of order, too long, or without its end. */
async function readReply(stream: ChatStream, receivedAt: string, signal: AbortSignal): Promise<Reply> {
  const guard = createReplyGuard();
  const folder = createReplyFolder(receivedAt);
  for await (const batch of stream) {
    signal.throwIfAborted();
    guard.check(batch);
    for (const event of batch) folder.add(event);
  }
  guard.end();
  return folder.reply();
}

function readFailure({ code, details }: GatewayError): Pick<Answered, 'status' | 'code'> {
  const { upstreamStatus } = details;
  if (code === 'upstream-unavailable' && upstreamStatus === undefined) return { status: 503, code: unreachable };
  return { status: upstreamStatus ?? 502, code };
}

/** The code of an answer that nobody gave. */
export const unreachable = 'unreachable';

function newConversation(): Conversation {
  const now = new Date().toISOString();
  const id = randomUUID();
  return {
    id,
    tenantId: id,
    agentId: id,
    participant: {},
    metadata: {},
    mode: 'ai',
    status: 'active',
    blocked: false,
    createdAt: now,
    updatedAt: now,
    messageCount: 0,
    publicIds: {},
    remoteIds: {},
    collectedSequence: 0,
  };
}
