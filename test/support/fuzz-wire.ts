import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One HTTP response as it came over a raw socket. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; of equal ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How long any answer may take, in milliseconds; longer is a hang. */
export const patienceMs = 10_000;

/** A socket to a server, with the responses that come out of it. Nothing between a test's bytes and the server. */
export interface RawConnection {
  readonly socket: Socket;
  send(...bytes: readonly (string | Uint8Array)[]): void;
  /** Says that nothing more will be sent. */
  finish(): void;
  /** The next response, whole, or up to its head where it is a stream of events; `undefined` when the server has closed. Rejects on a hang. */
  answer(request?: { readonly method?: string }): Promise<RawAnswer | undefined>;
  close(): void;
}

/** Connects to the origin of a URL. */
export async function openConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
  let received = Buffer.alloc(0);
  let ended = false;
  let wake = (): void => undefined;
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
    wake();
  });
  for (const last of ['end', 'close', 'error']) {
    socket.on(last, () => {
      ended = true;
      wake();
    });
  }
  await once(socket, 'connect');

  const more = async (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      wake = resolve;
      timer = setTimeout(() => reject(new Error(`No answer within ${patienceMs} ms`)), patienceMs);
    }).finally(() => clearTimeout(timer));
  };

  return {
    socket,
    send(...bytes) {
      for (const part of bytes) socket.write(part);
    },
    finish: () => void socket.end(),
    async answer({ method = 'GET' } = {}) {
      for (;;) {
        const read = readAnswer(received, { ended, method });
        if (read !== undefined) {
          received = received.subarray(read.length);
          if (read.answer.status >= 200) return read.answer;
          continue;
        }
        if (ended) return undefined;
        await more();
      }
    },
    close: () => socket.destroy(),
  };
}

interface ReadAnswer {
  readonly answer: RawAnswer;
  /** In bytes. */
  readonly length: number;
}

/** The response at the beginning of the bytes; `undefined` if it is not whole yet. */
function readAnswer(
  bytes: Buffer,
  { ended, method }: { readonly ended: boolean; readonly method: string },
): ReadAnswer | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw new Error(`Not an HTTP response: ${statusLine}`);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const start = headEnd + 4;
  const isEmpty = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const isStream = headers['content-type']?.startsWith('text/event-stream') && method === 'GET';
  if (isEmpty || isStream) return { answer: { status, headers, body: '' }, length: start };
  const body = readBody(bytes.subarray(start), headers, ended);
  return body && { answer: { status, headers, body: body.text }, length: start + body.length };
}

function readBody(bytes: Buffer, headers: RawAnswer['headers'], ended: boolean) {
  if (headers['transfer-encoding'] === 'chunked') return readChunks(bytes);
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (length === undefined) return ended ? { text: bytes.toString('utf8'), length: bytes.length } : undefined;
  return bytes.length < length ? undefined : { text: bytes.subarray(0, length).toString('utf8'), length };
}

function readChunks(bytes: Buffer) {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    const next = lineEnd + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { text: Buffer.concat(parts).toString('utf8'), length: next };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}

/** A request before it is bytes. Header names are written as they are. */
export interface RawRequest {
  readonly method: string;
  /** Path and query, as they go on the wire. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** The request as HTTP/1.1, with a `Host`, and the length of its body unless the headers say how it comes. */
export function toBytes({ method, target, headers, body }: RawRequest): Buffer {
  const content = body === undefined ? undefined : Buffer.from(body);
  const named = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const measured = content !== undefined && !named.has('content-length') && !named.has('transfer-encoding');
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(named.has('host') ? [] : ['Host: gateway']),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(measured ? [`Content-Length: ${content.length}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), content ?? Buffer.alloc(0)]);
}

/** Sends one request on a connection of its own. Rejects if there is no answer. */
export async function ask(url: string, request: RawRequest | Uint8Array): Promise<RawAnswer> {
  const connection = await openConnection(url);
  const isBytes = request instanceof Uint8Array;
  try {
    connection.send(isBytes ? request : toBytes(request));
    const answer = await connection.answer(isBytes ? {} : { method: request.method });
    if (answer === undefined) throw new Error('The server closed the connection without an answer');
    return answer;
  } finally {
    connection.close();
  }
}
