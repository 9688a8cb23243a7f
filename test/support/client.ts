import { createSseParser, type SseMessage } from '../../src/sse/index.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into documents of many shapes; what is not there fails the comparison.
  readonly body: any;
}

/** Sends JSON (or nothing, or a text as it is) and reads the answer, as JSON where it is JSON. */
export async function send(
  method: string,
  url: string,
  options: {
    readonly headers?: Record<string, string>;
    readonly json?: unknown;
    readonly raw?: string | Uint8Array | FormData;
  } = {},
): Promise<Answer> {
  const headers = { ...(options.json !== undefined && { 'content-type': 'application/json' }), ...options.headers };
  const body = options.json === undefined ? options.raw : JSON.stringify(options.json);
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: readJson(text) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export interface OpenStream {
  readonly status: number;
  readonly headers: Headers;
  /** The next message; `undefined` when the stream has ended. */
  next(): Promise<SseMessage | undefined>;
  /** Messages up to the one that fits, that one included. */
  until(fits: (message: SseMessage) => boolean): Promise<readonly SseMessage[]>;
  /** All messages up to the end. */
  rest(): Promise<readonly SseMessage[]>;
  leave(): void;
}

/** Opens a stream of server-sent events, and reads it with back-pressure: nothing is read before it is asked for. */
export async function openStream(
  url: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly json?: unknown } = {},
): Promise<OpenStream> {
  const controller = new AbortController();
  const response = await fetch(url, {
    method: options.method ?? (options.json === undefined ? 'GET' : 'POST'),
    headers: { ...(options.json !== undefined && { 'content-type': 'application/json' }), ...options.headers },
    ...(options.json !== undefined && { body: JSON.stringify(options.json) }),
    signal: controller.signal,
  });
  // A refusal is a document: there is nothing to read of a stream.
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const reader = isStream ? response.body?.getReader() : undefined;
  const parser = createSseParser();
  const ready: SseMessage[] = [];
  let ended = false;

  const next = async (): Promise<SseMessage | undefined> => {
    while (ready.length === 0 && !ended) {
      const read = await reader?.read();
      ended = read?.done ?? true;
      ready.push(...(read?.value === undefined ? parser.end() : parser.push(read.value)));
    }
    return ready.shift();
  };
  const collect = async (fits: (message: SseMessage) => boolean): Promise<readonly SseMessage[]> => {
    const found: SseMessage[] = [];
    for (let message = await next(); message !== undefined; message = await next()) {
      found.push(message);
      if (fits(message)) break;
    }
    return found;
  };
  return {
    status: response.status,
    headers: response.headers,
    next,
    until: collect,
    rest: () => collect(() => false),
    leave: () => controller.abort(),
  };
}

/** The JSON of a stream's messages. */
export function dataOf(messages: readonly SseMessage[]): any[] {
  return messages.map(({ data }) => readJson(data));
}
