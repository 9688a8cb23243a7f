import type { Request } from 'express';
import type { WebSocket } from 'ws';
import type { FeedEntry, FeedStream, InputOf } from '../canonical/index.ts';
import type { Caller } from '../conversations/caller.ts';
import { handlers } from '../conversations/handlers.ts';
import type { Dialect, SocketEndpoint, WireRequest } from '../dialects/dialect.ts';
import { schemaGuard } from '../dialects/schema.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { SseMessage } from '../sse/index.ts';
import { type Admitted, acquireStream, admit, limitAddress } from './admit.ts';
import { isKnown } from './authenticate.ts';
import { endCall } from './end-call.ts';
import type { Gateway, Times } from './gateway.ts';
import { beginCall, type GatewayCall } from './http-call.ts';
import { shuttingDown } from './lifetime.ts';
import { lookAgain } from './look-again.ts';
import { readFrames } from './read-frames.ts';
import { grownOld } from './subscriptions.ts';
import { sendFrames, takeTurn } from './take-turn.ts';
import { type Leaving, untilIdle } from './until-idle.ts';

export interface OpenSocket {
  readonly dialect: Dialect;
  readonly endpoint: SocketEndpoint;
  readonly socket: WebSocket;
  readonly wire: WireRequest;
  readonly request: Request;
}

/** Serves one socket until it closes: the conversation's feed goes out, the visitor's turns come in, one after the other. Never rejects. */
export async function serveSocket(gateway: Gateway, open: OpenSocket): Promise<void> {
  const { socket, endpoint, dialect, request, wire } = open;
  const { lifetime, times } = gateway;
  const life = watchSocket(socket, lifetime.closing);
  const frames = readFrames(socket, life.reading.signal);
  const heartbeat = keepAlive(socket, times.heartbeatMs);
  const running = lifetime.following.begin({
    stop: (reason) => life.call.abort(reason),
    drop: () => socket.terminate(),
  });
  const facts = {
    dialect,
    operation: endpoint.operation,
    address: request.ip ?? '',
    carrier: 'socket' as const,
    tracer: gateway.tracer,
    path: endpoint.paths[0] ?? '',
    request,
  };
  const taken = gateway.permits.acquire(() =>
    isKnown(gateway.callers, { places: dialect.credential, carrier: 'socket' }, wire),
  );
  const entry = beginCall(facts, life.call.signal, 'release' in taken ? taken : undefined);
  entry.socketStatus = 101;
  const held: (() => void)[] = [];
  try {
    if (!('release' in taken)) throw taken;
    const { input, admitted } = await enter(gateway, open, entry);
    const place = await acquireStream(gateway, entry, admitted);
    held.push(place.release);
    const { stream, agentId, caughtUp } = await handlers['follow-conversation'](
      gateway.services,
      input,
      tenantCaller(admitted),
    );
    const { end, refusal } = subscribe(gateway, open, { entry, life, admitted, agentId });
    held.push(end);
    await sendFeed(socket, stream, {
      times,
      entry,
      encode: endpoint.events.encoder(entry.exchange),
      takeTurns: () => takeEach(frames, (text) => takeTurn(gateway, open, { text, entry, input })),
      caughtUp,
      leave: () => life.call.abort(lifetime.closing.aborted ? shuttingDown() : grownOld()),
      refusal,
      close: () => closeSocket(gateway, open, life),
    });
  } catch (thrown) {
    const { signal } = life.call;
    entry.error = toGatewayError(signal.aborted ? signal.reason : thrown);
    await sendFrames(socket, endpoint.events.failure(entry.error, entry.exchange), times);
  } finally {
    closeSocket(gateway, open, life, entry.error);
    await life.closed;
    clearInterval(heartbeat);
    for (const release of held) release();
    entry.place?.release();
    // A client that closes its socket has not failed.
    if (entry.error?.code === 'client-closed') delete entry.error;
    endCall(gateway, entry);
    running.end();
  }
}

/** What ends with a socket: its call, and, already when the gateway begins to close, the reading of what comes in. */
function watchSocket(socket: WebSocket, closing: AbortSignal) {
  const call = new AbortController();
  const reading = new AbortController();
  const stopReading = (): void => reading.abort();
  closing.addEventListener('abort', stopReading);
  if (closing.aborted) stopReading();
  // The connection is closed with the code that says what went wrong; without a listener it would end the process.
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      closing.removeEventListener('abort', stopReading);
      stopReading();
      call.abort(new GatewayError('client-closed', 'The client went away'));
      resolve();
    });
  });
  return { call, reading, closed };
}

type Life = Pick<ReturnType<typeof watchSocket>, 'call' | 'reading'>;

interface Subscribing {
  readonly entry: GatewayCall;
  readonly life: Life;
  readonly admitted: Admitted;
  readonly agentId: string;
}

/** Has a socket end at its greatest age, or when its caller may not hear any more. */
function subscribe(gateway: Gateway, { socket }: OpenSocket, { entry, life, ...who }: Subscribing) {
  let refused: GatewayError | undefined;
  const { end } = gateway.subscriptions.watch({
    ...lookAgain(gateway, entry, who),
    refuse(reason) {
      refused = reason;
      life.call.abort(reason);
    },
    // The last turn is answered before the feed ends.
    ageing: { retire: () => life.reading.abort(grownOld()), leave: () => life.call.abort(grownOld()) },
    drop: () => socket.terminate(),
  });
  return { end, refusal: () => refused };
}

/** Whoever comes back to another gateway, or to this one, is told to with 1001; what went wrong, by the dialect's code. */
function closeSocket({ lifetime }: Gateway, { socket, endpoint }: OpenSocket, { reading }: Life, error?: GatewayError) {
  const reason: unknown = reading.signal.reason;
  if (error !== undefined) socket.close(closeCodeOf(endpoint, error));
  else if (lifetime.closing.aborted) socket.close(1001, shuttingDown().publicMessage);
  else if (reason instanceof GatewayError) socket.close(1001, reason.publicMessage);
  else socket.close(1000); // the feed ends with its conversation
}

/** An error that the dialect has no code for is ours, or one to try again after. */
function closeCodeOf({ closeCode }: SocketEndpoint, error: GatewayError): number {
  return closeCode(error) ?? (error.traits.retryable ? 1013 : 1011);
}

/** Who it is, whether they may, and what they want to follow. */
async function enter(gateway: Gateway, { endpoint, wire }: OpenSocket, entry: GatewayCall) {
  await limitAddress(gateway, entry);
  const admitted = await admit(gateway, entry, wire);
  const violations = schemaGuard(endpoint.schema.request).violations(wire);
  if (violations.length > 0) throw new GatewayError('invalid-request', 'The request is not valid', { violations });
  const input: InputOf<'follow-conversation'> = endpoint.request.decode(wire, entry.exchange);
  entry.exchange.conversationId = input.conversationId;
  return { input, admitted };
}

function tenantCaller({ caller }: Admitted): Caller {
  if ('tenant' in caller) return caller;
  throw new GatewayError('forbidden', 'An operator has no conversations of their own');
}

interface Feeding extends Omit<Leaving, 'signals'> {
  readonly entry: GatewayCall;
  readonly times: Times;
  readonly encode: (entry: FeedEntry) => Iterable<SseMessage>;
  /** Begins when the client knows that it is connected, so that nothing comes before its greeting, and never rejects. */
  takeTurns(): Promise<void>;
  /** Closes the socket in good order. */
  close(): void;
}

/** Sends what is told, no faster than the client reads: the next batch is asked for when the last one has left. */
async function sendFeed(
  socket: WebSocket,
  feed: FeedStream,
  { entry, encode, times, takeTurns, close, ...leaving }: Feeding,
): Promise<void> {
  // Turns are taken until the socket or the gateway closes: the last one is answered before the feed ends.
  const turnsOver = new AbortController();
  let turns: Promise<void> | undefined;
  for await (const batch of untilIdle(feed, { ...leaving, signals: [turnsOver.signal] })) {
    entry.events += batch.length;
    await sendFrames(
      socket,
      batch.flatMap((entry) => [...encode(entry)]),
      times,
    );
    turns ??= takeTurns().then(() => turnsOver.abort());
  }
  close();
  await turns;
}

async function takeEach(frames: AsyncIterable<string>, take: (text: string) => Promise<void>): Promise<void> {
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
