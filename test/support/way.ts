import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a port of this machine, which can be cut, or lead to another. */
export interface Way {
  readonly port: number;
  /** Where new connections lead; nowhere if there is no port. */
  turn(port: number | undefined): void;
  /** Ends the connections that are there. */
  cut(): void;
  close(): Promise<void>;
}

export async function openWay(first: number): Promise<Way> {
  let to: number | undefined = first;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const listener = createServer((client) => {
    keep(client);
    if (to === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(to, '127.0.0.1');
    keep(upstream);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('The socket has no port');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    turn(port) {
      to = port;
    },
    cut,
    async close() {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
