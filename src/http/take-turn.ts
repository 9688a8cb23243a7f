import type { WebSocket } from 'ws';
import type { InputOf, Turn } from '../canonical/index.ts';
import { handlers } from '../conversations/handlers.ts';
import type { Exchange, SocketEndpoint } from '../dialects/dialect.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { SseMessage } from '../sse/index.ts';
import { admit } from './admit.ts';
import { endCall } from './end-call.ts';
import type { Gateway, Times } from './gateway.ts';
import { beginCall, type GatewayCall } from './http-call.ts';
import type { OpenSocket } from './serve-socket.ts';

interface Frame {
  readonly text: string;
  /** The socket's own call. */
  readonly entry: GatewayCall;
  readonly input: InputOf<'follow-conversation'>;
}

/**
 * Takes one frame for a visitor's turn and has it answered; what is answered goes out with the conversation's feed, to every
 * socket on it. A frame that cannot be taken is told to its sender alone; one that asks nothing is no call. Never rejects.
 */
export async function takeTurn(gateway: Gateway, open: OpenSocket, { text, entry, input }: Frame): Promise<void> {
  const turn = readTurn(open.endpoint, text, entry.exchange);
  if (turn === undefined) return;
  const { signal: whileOpen } = entry.call;
  // A signal of the turn's own: what is hung on it goes with the turn, while the socket may stay open for days.
  const turnEnds = new AbortController();
  const abort = (): void => turnEnds.abort(whileOpen.reason);
  whileOpen.addEventListener('abort', abort, { once: true });
  const running = gateway.lifetime.asking.begin({
    stop: (reason) => turnEnds.abort(reason),
    drop: () => open.socket.terminate(),
  });
  try {
    await callTurn(gateway, open, { turn, input, signal: turnEnds.signal });
  } finally {
    whileOpen.removeEventListener('abort', abort);
    running.end();
  }
}

interface TurnCall {
  readonly turn: Turn | GatewayError;
  readonly input: InputOf<'follow-conversation'>;
  readonly signal: AbortSignal;
}

async function callTurn(gateway: Gateway, open: OpenSocket, { turn, input, signal }: TurnCall): Promise<void> {
  const { dialect, endpoint, socket, wire, request } = open;
  const facts = { dialect, operation: 'send-message', address: request.ip ?? '', carrier: 'socket' as const };
  const begun = beginCall({ path: endpoint.paths[0] ?? '', tracer: gateway.tracer, ...facts }, signal);
  const place = gateway.permits.acquire(() => true);
  begun.exchange.conversationId = input.conversationId;
  let answering = false;
  try {
    if (!('release' in place)) throw place;
    // Keys are withdrawn and limits reached while a socket is open: each turn is a call of its own.
    const { caller } = await admit(gateway, begun, wire);
    if (!('tenant' in caller)) throw new GatewayError('forbidden', 'An operator has no turns of their own');
    if (turn instanceof GatewayError) throw turn;
    const asked = {
      ...turn,
      conversationId: input.conversationId,
      participant: { ...input.participant, ...turn.participant },
    };
    const { stream, backend } = await handlers['send-message'](gateway.services, asked, caller);
    begun.backend = backend ?? 'none';
    answering = true;
    place.release(); // the reply goes out with the feed, which has a place of its own
    for await (const _batch of stream); // the feed carries what it says
  } catch (thrown) {
    begun.error = toGatewayError(signal.aborted ? signal.reason : thrown);
    // A reply that broke off was told to all by the feed.
    if (!answering) await sendFrames(socket, endpoint.events.failure(begun.error, begun.exchange), gateway.times);
  } finally {
    if ('release' in place) place.release();
    endCall(gateway, begun);
  }
}

/** What a frame asks; `undefined` if it asks nothing, and what is wrong with it if it cannot be read. */
function readTurn({ inbound }: SocketEndpoint, text: string, exchange: Exchange): Turn | GatewayError | undefined {
  try {
    return inbound.decode(text, exchange);
  } catch (thrown) {
    return toGatewayError(thrown);
  }
}

/**
 * Sends messages as text frames, one each. Resolves when the last one has left for the client or never will, so that who waits
 * sends no faster than the client reads; the connection of one that leaves them unread for too long is ended. Never rejects.
 */
export async function sendFrames(
  socket: WebSocket,
  messages: Iterable<SseMessage>,
  { maxUnreadMs }: Pick<Times, 'maxUnreadMs'>,
): Promise<void> {
  let left: Promise<unknown> | undefined;
  for (const { data } of messages) left = new Promise((resolve) => socket.send(data, resolve));
  if (left === undefined) return;
  const timer = setTimeout(() => socket.terminate(), maxUnreadMs);
  await left;
  clearTimeout(timer);
}
