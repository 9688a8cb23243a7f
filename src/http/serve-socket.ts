import { once } from 'node:events';
import type { WebSocket } from 'ws';
import type { FeedEntry, FeedStream, InputOf } from '../canonical/index.ts';
import type { Caller } from '../conversations/caller.ts';
import { handlers } from '../conversations/handlers.ts';
import type { Dialect, SocketEndpoint, WireRequest } from '../dialects/dialect.ts';
import { schemaGuard } from '../dialects/schema.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { SseMessage } from '../sse/index.ts';
import { type Admitted, admit, holdPlace, limitAddress } from './admit.ts';
import type { Gateway } from './gateway.ts';
import { beginCall, endCall, type GatewayCall } from './http-call.ts';
import { readFrames } from './inbox.ts';
import { sendFrames } from './send-frames.ts';
import { takeTurn } from './take-turn.ts';

export interface OpenSocket {
  readonly dialect: Dialect;
  readonly endpoint: SocketEndpoint;
  readonly socket: WebSocket;
  readonly wire: WireRequest;
  readonly address: string;
}

/** Serves one socket until it closes: the conversation's feed goes out, the visitor's turns come in, one after the other. Never rejects. */
export async function serveSocket(gateway: Gateway, open: OpenSocket): Promise<void> {
  const { socket, endpoint, dialect, address } = open;
  const closed = new AbortController();
  socket.once('close', () => closed.abort(new GatewayError('client-closed', 'The client went away')));
  // The connection is closed with the code that says what went wrong; without a listener it would end the process.
  socket.on('error', () => undefined);
  const frames = readFrames(socket, closed.signal);
  const beat = keepAlive(socket, gateway.heartbeatMs);
  const entry = beginCall({ dialect, operation: endpoint.operation, address, carrier: 'socket' }, closed.signal);
  let place: { release(): void } | undefined;
  try {
    const { input, admitted } = await enter(gateway, open, entry);
    place = holdPlace(gateway, entry, admitted);
    const { stream } = await handlers['follow-conversation'](gateway.services, input, tenantCaller(admitted));
    await sendFeed(socket, stream, {
      encode: endpoint.events.encoder(entry.exchange),
      whenGreeted: () => takeTurns(frames, (text) => takeTurn(gateway, open, { text, entry, input })),
    });
  } catch (thrown) {
    const error = toGatewayError(closed.signal.aborted ? closed.signal.reason : thrown);
    entry.error = error;
    await sendFrames(socket, endpoint.events.failure(error, entry.exchange));
  } finally {
    socket.close(closeCodeOf(endpoint, entry.error));
    // Not the socket's own event: waiting for it would fail with the socket, and then nobody is left to catch.
    if (!closed.signal.aborted) await once(closed.signal, 'abort');
    clearInterval(beat);
    place?.release();
    // A client that closes its socket has not failed.
    if (entry.error?.code === 'client-closed') delete entry.error;
    endCall(gateway, entry);
  }
}

/** The feed ends with its conversation; an error that the dialect has no code for is ours, or one to try again after. */
function closeCodeOf({ closeCode }: SocketEndpoint, error: GatewayError | undefined): number {
  if (error === undefined) return 1000;
  return closeCode(error) ?? (error.traits.retryable ? 1013 : 1011);
}

/** Who it is, whether they may, and what they want to follow. */
async function enter(gateway: Gateway, { endpoint, wire }: OpenSocket, entry: GatewayCall) {
  await limitAddress(gateway, entry);
  const admitted = await admit(gateway, entry, wire);
  const violations = schemaGuard(endpoint.schema.request).violations(wire);
  if (violations.length > 0) throw new GatewayError('invalid-request', 'The request is not valid', { violations });
  const input: InputOf<'follow-conversation'> = endpoint.request.decode(wire, entry.exchange);
  entry.exchange = { ...entry.exchange, conversationId: input.conversationId };
  return { input, admitted };
}

function tenantCaller({ caller }: Admitted): Caller {
  if ('tenant' in caller) return caller;
  throw new GatewayError('forbidden', 'An operator has no conversations of their own');
}

interface Feeding {
  readonly encode: (entry: FeedEntry) => Iterable<SseMessage>;
  /** Begins when the client knows that it is connected, so that nothing comes before its greeting, and never rejects. */
  whenGreeted(): Promise<void>;
}

/** Sends what is told, no faster than the client reads: the next batch is asked for when the last one has left. */
async function sendFeed(socket: WebSocket, stream: FeedStream, { encode, whenGreeted }: Feeding): Promise<void> {
  let turns: Promise<void> | undefined;
  for await (const batch of stream) {
    await sendFrames(
      socket,
      batch.flatMap((entry) => [...encode(entry)]),
    );
    turns ??= whenGreeted();
  }
  socket.close(1000);
  await turns;
}

async function takeTurns(frames: AsyncIterable<string>, take: (text: string) => Promise<void>): Promise<void> {
  for await (const text of frames) await take(text);
}

/** Pings a quiet client, and ends the connection of one that has not answered by the next ping. */
function keepAlive(socket: WebSocket, everyMs: number): NodeJS.Timeout {
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  return setInterval(() => {
    if (!alive) socket.terminate();
    alive = false;
    socket.ping(() => undefined);
  }, everyMs);
}
