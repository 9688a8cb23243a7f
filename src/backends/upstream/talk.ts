import {
  type ChatStream,
  defined,
  type FeedEntry,
  type Message,
  type ReplyProgress,
  type Turn,
} from '../../canonical/index.ts';
import type { SocketEndpoint } from '../../dialects/dialect.ts';
import { GatewayError } from '../../errors/index.ts';
import type { ClientSocket } from '../../network/index.ts';
import { type PreparedQuestion, prepare, type Strategy } from './question.ts';
import { beginWhenSaid, createReplyReader } from './reply-reader.ts';
import { decodeEach, type Upstream } from './upstream.ts';

/**
 * A WebSocket for every turn: opened, greeted, asked, read to the reply's end, closed. One that stayed open would have to be told
 * from the sockets of other processes, found again after a break, and closed before its conversation can be deleted there; opening
 * one takes two ways to the upstream and back.
 */
export function talk(upstream: Upstream, endpoint: SocketEndpoint): Strategy {
  return async function* (question) {
    let socket: ClientSocket | undefined;
    try {
      const prepared = await prepare(upstream, question);
      const { turn, exchange } = prepared;
      const place = { conversationId: exchange.conversationId ?? '', participant: turn.participant };
      socket = await upstream.connect(endpoint, { ...place, delivery: 'stream' }, prepared);
      const say = () => socket?.send(endpoint.inbound.encode(turn, exchange));
      yield* readReply(socket, { endpoint, prepared, say, isStreamed: upstream.settings.streaming });
    } finally {
      socket?.close();
    }
  };
}

interface Conversing {
  readonly endpoint: SocketEndpoint;
  readonly prepared: PreparedQuestion;
  /** Whether words are taken as they come, and not from the end alone. */
  readonly isStreamed: boolean;
  say(): void;
}

async function* readReply(socket: ClientSocket, { endpoint, prepared, say, isStreamed }: Conversing): ChatStream {
  const { exchange, turn } = prepared;
  const decodeMessage = endpoint.events.decoder(exchange);
  const decode = (data: string) => decodeMessage({ data });
  const begin = beginWhenSaid(exchange.replyId);
  const { read, ended, rest } = createAnswerReader(turn, { say, isStreamed });
  for await (const frames of socket.frames()) {
    const { events: entries, failure } = decodeEach(frames, decode);
    const events = begin(entries.flatMap(read));
    if (events.length > 0) yield events;
    const end = ended();
    if (end !== undefined) {
      const { finishReason = 'stop', model, usage } = end;
      yield [...begin(rest(end), true), defined({ type: 'reply-end' as const, finishReason, model, usage })];
      return;
    }
    if (failure !== undefined) throw failure;
  }
  throw new GatewayError('upstream-protocol', 'The socket was closed before the reply had ended');
}

/**
 * Says the turn when it is greeted, and reads the reply that begins after the turn was received, to the end that bears its id:
 * others may be under way.
 */
function createAnswerReader({ text }: Turn, { say, isStreamed }: { say(): void; readonly isStreamed: boolean }) {
  const { read, rest } = createReplyReader();
  let state: 'new' | 'greeted' | 'received' | 'answered' = 'new';
  let replyId: string | undefined;
  let end: Message | undefined;
  const advance = ({ event }: FeedEntry): void => {
    if (state === 'new' && event.type === 'opened') {
      state = 'greeted';
      say();
    } else if (state === 'greeted' && event.type === 'message' && event.message.role === 'visitor') {
      // What was received is not always repeated.
      if (event.message.text === '' || event.message.text === text) state = 'received';
    } else if (state === 'received' && event.type === 'reply-started') {
      state = 'answered';
      replyId = event.replyId;
    }
  };
  return {
    rest,
    ended: () => end,
    read(entry: FeedEntry): readonly ReplyProgress[] {
      if (end !== undefined) return []; // what follows the end takes nothing from the reply
      advance(entry);
      if (state !== 'answered') return [];
      if (entry.event.type === 'message' && entry.event.message.id === replyId) end = entry.event.message;
      return isStreamed ? read(entry) : [];
    },
  };
}
