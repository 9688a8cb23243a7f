import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Times } from './gateway.ts';

export interface Connections {
  /** Remembers the newest request of a connection; to be called before it is answered. */
  began(request: IncomingMessage, response: ServerResponse): void;
}

/**
 * Looks after the connections of a server: one whose client leaves an answer unread is ended after its time, and once `closing`
 * aborts each one ends with the newest answer that it carries, which says so where it still can.
 */
export function watchConnections(
  server: Server,
  closing: AbortSignal,
  { maxUnreadMs }: Pick<Times, 'maxUnreadMs'>,
): Connections {
  const newest = new Map<Socket, ServerResponse | undefined>();
  server.on('connection', (socket) => {
    newest.set(socket, undefined);
    socket.once('close', () => newest.delete(socket));
  });
  closing.addEventListener('abort', () => {
    for (const [socket, response] of newest) {
      if (response !== undefined) announceEnd(response);
      // Opened for later, as browsers do: Node would wait for its first request.
      else if (socket.bytesRead === 0) socket.destroy();
    }
  });
  return {
    began(request, response) {
      const { socket } = request;
      newest.set(socket, response);
      if (closing.aborted) announceEnd(response);
      // All of the answer is on its way by then; Node sets the time anew when it has left.
      response.once('prefinish', () => {
        if (closing.aborted && newest.get(socket) === response) socket.destroySoon();
        else socket.setTimeout(maxUnreadMs);
      });
    },
  };
}

function announceEnd(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
