import { type ClientOptions, WebSocket } from 'ws';

export interface ChatSocket {
  /** The client itself, for what only it can do. */
  readonly client: WebSocket;
  send(frame: unknown): void;
  /** The next frame that was not taken yet; `undefined` when the socket has closed. */
  next(): Promise<any>;
  /** Frames up to one of that type, that one included. Throws if the socket closes before. */
  until(eventType: string): Promise<any[]>;
  /** Closes and waits until it is closed. */
  close(): Promise<void>;
  /** How it ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export interface SocketOptions extends ClientOptions {
  /** Sent at the moment of opening, before anything was read. A text goes as it is. */
  readonly first?: readonly unknown[];
}

/** Begins to open a WebSocket; frames are kept from the first on. */
export function openSocket(url: string, { first = [], ...options }: SocketOptions = {}): ChatSocket {
  const client = new WebSocket(url, options);
  const frames: unknown[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resume of [...waiting]) resume();
  };
  let over = false;
  const send = (frame: unknown): void => client.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  client.on('open', () => {
    for (const frame of first) send(frame);
  });
  client.on('message', (data: Buffer) => {
    frames.push(JSON.parse(data.toString('utf8')));
    wake();
  });
  client.on('error', () => undefined); // its end tells
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    client.on('close', (code, reason) => {
      over = true;
      wake();
      resolve({ code, reason: String(reason) });
    });
  });

  const next = async (): Promise<any> => {
    while (frames.length === 0 && !over) {
      await new Promise<void>((resolve) => {
        const resume = (): void => {
          waiting.delete(resume);
          resolve();
        };
        waiting.add(resume);
      });
    }
    return frames.shift();
  };
  return {
    client,
    send,
    next,
    async until(eventType) {
      const found: any[] = [];
      for (;;) {
        const frame = await next();
        if (frame === undefined)
          throw new Error(`The socket closed before ${eventType}, after ${JSON.stringify(found)}`);
        found.push(frame);
        if (frame.event_type === eventType) return found;
      }
    },
    async close() {
      client.close();
      await closed;
    },
    closed,
  };
}
