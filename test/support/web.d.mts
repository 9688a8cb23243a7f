import type { IncomingHttpHeaders } from 'node:http';
import type { WebSocket } from 'ws';

export declare class Refused extends Error {
  readonly status: number;
}
export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly signal?: AbortSignal;
}
/** `body` is parsed JSON: each caller knows what it asked for. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: any;
}
export interface StreamEvent {
  readonly id?: string;
  readonly data: string;
}
export interface Stream {
  readonly headers: IncomingHttpHeaders;
  readonly events: AsyncGenerator<StreamEvent, void, void>;
}
export interface Frames {
  readonly socket: WebSocket;
  next(): Promise<any>;
  send(frame: unknown): void;
}
export interface Web {
  ask(method: string, path: string, options?: Asking): Promise<Answer>;
  succeed(method: string, path: string, options?: Asking): Promise<Answer>;
  get(method: string, path: string, options?: Asking): Promise<any>;
  text(path: string): Promise<string>;
  stream(method: string, path: string, options?: Asking): Promise<Stream>;
  events(method: string, path: string, options?: Asking): AsyncGenerator<string, void, void>;
  socket(path: string): Promise<Frames>;
  close(): void;
}
export declare function createWeb(origin: string): Web;
