import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A wire to a server on loopback, which a test can cut. */
export interface CutWire {
  readonly url: string;
  /** Breaks every connection off, as a machine does that goes down. New ones can be made. */
  cut(): void;
  close(): Promise<void>;
}

export async function layCutWire(to: string): Promise<CutWire> {
  const { hostname, port } = new URL(to);
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.pipe(far).pipe(near);
    for (const end of [near, far]) {
      ends.add(end);
      end.setNoDelay();
      end.on('error', () => undefined); // its end tells
      end.on('close', () => {
        ends.delete(end);
        near.destroy();
        far.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo; // it listens on a port
  const cut = (): void => {
    for (const end of ends) end.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${own}`,
    cut,
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
