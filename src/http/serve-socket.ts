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
  // What went wrong is told by the close code; without a listener it would end the process.
  socket.on('error', () => socket.terminate());
  const frames = readFrames(socket, closed.signal);
  const beat = keepAlive(socket, gateway.heartbeatMs);
  const entry = beginCall({ dialect, operation: endpoint.operation, address, carrier: 'socket' }, closed.signal);
  let place: { release(): void } | undefined;
  try {
    const { input, admitted } = await enter(gateway, open, entry);
    place = holdPlace(gateway, entry, admitted);
    const { stream } = await handlers['follow-conversation'](gateway.services, input, tenantCaller(admitted));
    await Promise.all([
      sendFeed(socket, stream, endpoint.events.encoder(entry.exchange)),
      takeTurns(frames, (text) => takeTurn(gateway, open, { text, entry, input })),
    ]);
  } catch (thrown) {
    const error = toGatewayError(closed.signal.aborted ? closed.signal.reason : thrown);
    entry.error = error;
    for (const { data } of endpoint.events.failure(error, entry.exchange)) socket.send(data, () => undefined);
  } finally {
    // The feed ends with its conversation; what is thrown has a close code, or is ours.
    socket.close(entry.error === undefined ? 1000 : (endpoint.closeCode(entry.error) ?? 1011));
    if (!closed.signal.aborted) await once(socket, 'close');
    clearInterval(beat);
    place?.release();
    // A client that closes its socket has not failed.
    if (entry.error?.code === 'client-closed') delete entry.error;
    endCall(gateway, entry);
  }
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

/** Sends what is told, no faster than the client reads: the next batch is asked for when the last one has left. */
async function sendFeed(
  socket: WebSocket,
  stream: FeedStream,
  encode: (entry: FeedEntry) => Iterable<SseMessage>,
): Promise<void> {
  for await (const batch of stream) {
    const messages = batch.flatMap((entry) => [...encode(entry)]);
    for (const [index, { data }] of messages.entries()) {
      if (index < messages.length - 1) socket.send(data, () => undefined);
      else await new Promise((resolve) => socket.send(data, resolve));
    }
  }
  socket.close(1000);
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
