import type { WebSocket } from 'ws';
import type { SseMessage } from '../sse/index.ts';
import type { Times } from './gateway.ts';

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
