import type { WebSocket } from 'ws';
import type { SseMessage } from '../sse/index.ts';

/**
 * Sends messages as text frames, one each. Resolves when the last one has left for the client or never will, so that who waits
 * sends no faster than the client reads. Never rejects.
 */
export async function sendFrames(socket: WebSocket, messages: Iterable<SseMessage>): Promise<void> {
  let left: Promise<unknown> | undefined;
  for (const { data } of messages) left = new Promise((resolve) => socket.send(data, resolve));
  await left;
}
