import { once } from 'node:events';
import type { Response } from 'express';
import type { EventCodec } from '../dialects/dialect.ts';
import { type GatewayError, toGatewayError } from '../errors/index.ts';
import { frame, heartbeat, retryAfter, type SseMessage } from '../sse/index.ts';
import type { Times } from './gateway.ts';
import type { HttpCall } from './http-call.ts';
import { unlimitedQuota } from './limits.ts';

type StreamTimes = Pick<Times, 'heartbeatMs' | 'maxUnreadMs'>;

export interface EventStream<Event> {
  readonly batches: AsyncIterable<readonly Event[]>;
  readonly codec: EventCodec<Event>;
  readonly times: StreamTimes;
  /** Whether the status line waits for the first batch, so that an early failure has a status of its own. */
  readonly holdStatus: boolean;
  whenFirst?(): void;
}

/**
 * Writes a stream of events in the caller's dialect: one socket write a batch, no faster than the client reads, with heartbeats
 * while nothing comes. A failure before the status line is thrown; one after it is written in the dialect and returned. A first
 * batch that keeps a client waiting longer than a heartbeat's pause loses its right to a status of its own. A client that stops
 * reading is taken for one that left.
 */
export async function sendEvents<Event>(http: HttpCall, stream: EventStream<Event>): Promise<GatewayError | undefined> {
  const { response, call, exchange } = http;
  const encode = stream.codec.encoder(exchange);
  const iterator = stream.batches[Symbol.asyncIterator]();
  const open = (): void => {
    if (!response.headersSent) writeHead(http, stream);
  };
  const heartbeat = startHeartbeat(response, stream.times, open);
  try {
    if (http.request.method === 'HEAD') {
      open();
      response.end();
      return undefined;
    }
    if (!stream.holdStatus) open();
    for (let next = await iterator.next(), first = true; !next.done; next = await iterator.next()) {
      if (first) stream.whenFirst?.();
      first = false;
      const text = frames(next.value, encode);
      http.events += next.value.length;
      if (text === '') continue;
      open();
      heartbeat.refresh();
      if (!response.write(text)) await drained(response, call.signal);
    }
    open();
    response.end();
    return undefined;
  } catch (thrown) {
    const error = toGatewayError(call.signal.aborted ? call.signal.reason : thrown);
    if (!response.headersSent) throw error;
    if (!response.destroyed) response.end(joined(encode.failure?.(error) ?? stream.codec.failure(error, exchange)));
    return error;
  } finally {
    heartbeat.stop();
    await iterator.return?.();
  }
}

/** Beats while nothing else is written, and gives a client up that has left something unread for too long. */
function startHeartbeat(response: Response, { heartbeatMs, maxUnreadMs }: StreamTimes, open: () => void) {
  let unreadMs = 0;
  const timer = setInterval(() => {
    const isUnread = response.writableLength > 0;
    open();
    unreadMs = isUnread ? unreadMs + heartbeatMs : 0;
    if (!isUnread) response.write(heartbeat);
    else if (unreadMs >= maxUnreadMs) response.destroy();
  }, heartbeatMs);
  return {
    refresh(): void {
      unreadMs = 0;
      timer.refresh();
    },
    stop: () => clearInterval(timer),
  };
}

function writeHead<Event>({ response, dialect, quota, exchange }: HttpCall, { codec }: EventStream<Event>): void {
  response.writeHead(200, {
    // Without it some read Latin-1 (RFC 2616, 3.7.1).
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-store',
    Connection: response.getHeader('Connection') ?? (response.shouldKeepAlive ? 'keep-alive' : 'close'),
    'X-Accel-Buffering': 'no',
    ...dialect.quotaHeaders?.(quota ?? unlimitedQuota()),
    ...titled(codec.opening?.encode(exchange, exchange) ?? {}),
  });
  response.flushHeaders();
  if (codec.resumesAfterMs !== undefined) response.write(retryAfter(codec.resumesAfterMs));
}

/** Header names as people and vendors write them: `x-conversation-id` as `X-Conversation-Id`. */
function titled(headers: Readonly<Record<string, string | readonly string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()),
      String(value),
    ]),
  );
}

function frames<Event>(batch: readonly Event[], encode: (event: Event) => Iterable<SseMessage>): string {
  let text = '';
  for (const event of batch) text += joined(encode(event));
  return text;
}

function joined(messages: Iterable<SseMessage>): string {
  let text = '';
  for (const message of messages) text += frame(message);
  return text;
}

/** Waits until the client has read, or throws the signal's reason when it has left. */
async function drained(response: Response, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  // once() throws an error of its own on abort, which hides the reason.
  await once(response, 'drain', { signal }).catch(() => signal.throwIfAborted());
}
