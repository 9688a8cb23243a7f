import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { defined } from '../../src/canonical/index.ts';
import { upstreamConfig } from './back-to-back.ts';
import { vendorReplies } from './vendor-replies.ts';
import { createRawServer, type RawRequest, type RawServer } from './vendor-server.ts';

/** One thing that an upstream sends. */
export interface Step {
  readonly wire: string;
  /** The words that it adds to the reply. */
  readonly says: string;
  /** After it the reply is whole, whatever follows; after `finishes` it is if nothing follows. */
  readonly is?: 'end' | 'finish';
}

/** A reply that a test gives step by step, and breaks where it likes. */
export interface Line {
  /** Whether it is one document, of which nothing can be read before its end. */
  readonly isDocument: boolean;
  /** The whole reply, in order. */
  readonly steps: readonly Step[];
  /** What says these words, where words can be said one by one. */
  word?(text: string): string;
  /** At once, so that it may all be read at once. */
  send(...wires: string[]): void;
  /** The end in good order, of as much as was sent. */
  end(): void;
  /** Breaks the connection off. */
  reset(): void;
  /** Resolves when the gateway has let go of it: `whole` if that was after its end. */
  readonly closed: Promise<'whole' | 'broken'>;
}

/** What no client can read, and what every client passes over. */
export interface Garble {
  readonly notJson: string;
  readonly otherShape: string;
  readonly unknown?: string;
  readonly comment?: string;
  /** How it tells that it fails. */
  readonly failure?: string;
}

/** An upstream of one kind, on loopback, that a test answers for. */
export interface StandIn {
  readonly url: string;
  /** The next reply that is asked for. */
  next(): Promise<Line>;
  close(): Promise<void>;
}

export interface Kind {
  readonly name: string;
  /** Whether it can stream. */
  readonly streams: boolean;
  readonly garble: Garble;
  /** A backend's configuration that asks it. */
  backend(url: string): object;
  start(): Promise<StandIn>;
}

const step = (wire: string, says = '', is?: Step['is']): Step => ({ wire, says, ...(is && { is }) });
const data = (json: unknown): string => `data: ${JSON.stringify(json)}\n\n`;
const words = ['One ', 'two'] as const;
const whole = words.join('');

/** A document in three pieces: nothing of it can be read before the last. */
function pieces(document: unknown): readonly Step[] {
  const text = JSON.stringify(document);
  const third = Math.ceil(text.length / 3);
  return [step(text.slice(0, third)), step(text.slice(third, 2 * third)), step(text.slice(2 * third), whole, 'end')];
}

const sseGarble: Garble = {
  notJson: 'data: {"half\n\n',
  otherShape: 'data: [[1]]\n\n',
  comment: ': ping\n\n',
};

interface Wire {
  readonly type: 'text/event-stream' | 'application/json';
  readonly status?: number;
  word?(text: string): string;
}

/** Nothing is answered, not even the head, before the first step. */
function toLine(request: RawRequest, steps: readonly Step[], { type, status = 200, word }: Wire): Line {
  let isOpen = false;
  const open = (): void => {
    if (!isOpen) request.head(status, { 'content-type': type });
    isOpen = true;
  };
  return {
    isDocument: type === 'application/json',
    steps,
    ...(word && { word }),
    send(...wires) {
      open();
      request.write(wires.join(''));
    },
    end() {
      open();
      request.end();
    },
    reset: request.destroy,
    closed: request.closed,
  };
}

interface HttpStandIn {
  readonly streamed: readonly Step[];
  word?(text: string): string;
  readonly document?: unknown;
  isStreamed?(request: RawRequest): boolean;
}

/** A kind whose reply is the answer to one request. */
async function startHttp({ streamed, word, document, isStreamed = ({ json }) => json.stream === true }: HttpStandIn) {
  const server = await createRawServer();
  return {
    url: server.url,
    async next() {
      const request = await server.next();
      return isStreamed(request)
        ? toLine(request, streamed, defined({ type: 'text/event-stream', word }))
        : toLine(request, pieces(document), { type: 'application/json' });
    },
    close: server.close,
  };
}

/** A frame that says why the answer ends, or follows one that did. */
const finishes = /"(?:finish|stop)_reason":"|"choices":\[\]/;

function vendorSteps(vendor: 'openai' | 'anthropic'): readonly Step[] {
  const { opening, delta, closing } = vendorReplies[vendor];
  const framed = (text: string) => text.split(/(?<=\n\n)/);
  const ending = framed(closing).map((wire, index, { length }) =>
    step(wire, '', index === length - 1 ? 'end' : finishes.test(wire) ? 'finish' : undefined),
  );
  return [...framed(opening).map((wire) => step(wire)), ...words.map((word) => step(delta(word), word)), ...ending];
}

const vendorKind = (vendor: 'openai' | 'anthropic'): Kind => ({
  name: vendor,
  streams: true,
  garble: {
    ...sseGarble,
    otherShape: 'data: 17\n\n',
    failure: vendorReplies[vendor].failure(vendor === 'openai' ? 'server_error' : 'api_error'),
    unknown: vendor === 'openai' ? data({ object: 'chat.completion.news' }) : data({ type: 'news' }),
  },
  backend: (url) => ({
    type: vendor,
    baseUrl: vendor === 'openai' ? `${url}/v1` : url,
    apiKey: 'vendor-key',
    model: 'model-1',
  }),
  start: () =>
    startHttp({
      word: vendorReplies[vendor].delta,
      streamed: vendorSteps(vendor),
      document: vendorReplies[vendor].whole(whole),
    }),
});

const upstreamKind = (name: string, kind: Omit<Kind, 'name' | 'backend'>): Kind => ({
  name,
  backend: (url) => upstreamConfig(name, url),
  ...kind,
});

const agentSlug = upstreamKind('agent-slug', {
  streams: true,
  garble: { ...sseGarble, failure: data({ error: { name: 'ApplicationError', message: 'secret', details: {} } }) },
  start: () =>
    startHttp({
      word: (chunk) => data({ chunk }),
      streamed: [...words.map((chunk) => step(data({ chunk }), chunk)), step('data: [DONE]\n\n', '', 'end')],
      document: {
        data: { response: whole, conversationId: 'conv_1', metadata: { model: 'm', tokens: 5 } },
        error: null,
      },
    }),
});

const widget = upstreamKind('widget', {
  streams: true,
  garble: {
    ...sseGarble,
    failure: data({ type: 'error', message: 'secret' }),
    unknown: data({ type: 'news', content: 'x' }),
  },
  start: () =>
    startHttp({
      isStreamed: () => true,
      word: (content) => data({ type: 'chunk', content }),
      streamed: [
        ...words.map((content) => step(data({ type: 'chunk', content }), content)),
        step(data({ type: 'done', meta: { conversation_id: 50 } }), '', 'end'),
      ],
    }),
});

const openai = upstreamKind('openai', {
  streams: true,
  garble: { ...sseGarble, failure: vendorReplies.openai.failure('server_error') },
  start: () =>
    startHttp({
      word: vendorReplies.openai.delta,
      streamed: vendorSteps('openai'),
      document: vendorReplies.openai.whole(whole),
    }),
});

const itemDiscovery = upstreamKind('item-discovery', {
  streams: false,
  garble: { notJson: '}', otherShape: '[]' },
  start: () =>
    startHttp({
      isStreamed: () => false,
      streamed: [],
      document: { conversation_id: 'c-1', message: whole, items: [] },
    }),
});

/** A chat is begun by a call of its own; one who wants a stream follows it, and asks beside. */
const homie = upstreamKind('homie', {
  streams: true,
  garble: sseGarble,
  async start() {
    const server = await createRawServer();
    return { url: server.url, next: () => nextInChat(server), close: server.close };
  },
});

async function nextInChat(server: RawServer): Promise<Line> {
  let feed: RawRequest | undefined;
  for (;;) {
    const request = await server.next();
    if (request.path === '/v1/chats') {
      const createdAt = '2025-07-08T16:32:11Z';
      const { chatbotId } = request.json;
      request.answer(201, { id: randomUUID(), chatbotId, userId: '', organizationId: '', createdAt });
    } else if (request.method === 'GET') {
      feed = request;
      feed.head(200);
    } else return inChat(request, feed);
  }
}

function inChat(asked: RawRequest, feed: RawRequest | undefined): Line {
  const chatId = asked.path.split('/')[3] ?? '';
  const answer = {
    id: randomUUID(),
    chatId,
    type: 'answer',
    content: whole,
    products: [],
    createdAt: '2025-07-08T16:32:15Z',
  };
  if (feed === undefined) return toLine(asked, pieces(answer), { type: 'application/json', status: 201 });
  const told = (toolName: string, content: string, status = 'inProgress') =>
    `id: 1\n${data({ chatId, eventId: randomUUID(), toolName, content, status })}`;
  asked.head(201, { 'content-type': 'application/json' });
  const both = [feed, asked];
  return {
    isDocument: false,
    word: (text) => told('message', text),
    steps: [
      step(told('typing', '')),
      ...words.map((word) => step(told('message', word), word)),
      step(JSON.stringify(answer), '', 'end'),
    ],
    send: (...wires) => {
      for (const wire of wires) (wire.startsWith('{') ? asked.end : feed.write)(wire);
    },
    end: () => {
      for (const request of both) request.end();
    },
    reset: () => {
      for (const request of both) request.destroy();
    },
    closed: Promise.all(both.map(({ closed }) => closed)).then(([first]) => first ?? 'whole'),
  };
}

const at = { timestamp: '2024-01-15T10:30:00Z' };

const tenantChats = upstreamKind('tenant-chats', {
  streams: true,
  garble: {
    notJson: '{"half',
    otherShape: JSON.stringify({ ...at, event_type: 'message_stream_token' }),
    unknown: JSON.stringify({ ...at, event_type: 'news' }),
    failure: JSON.stringify({
      ...at,
      event_type: 'error',
      error_code: 'UPSTREAM_ERROR',
      code: 'UPSTREAM_ERROR',
      message: 'secret',
      chat_id: null,
    }),
  },
  start: startSockets,
});

async function startSockets(): Promise<StandIn> {
  const lines: Line[] = [];
  const waiting: ((line: Line) => void)[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const id = randomUUID();
    const dates = { created_at: at.timestamp, updated_at: at.timestamp, last_message_at: null };
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id, user_id: 'u', tenant_id: 't', title: '', config: { metadata: {} }, ...dates }));
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    const line = onSocket(socket);
    const taker = waiting.shift();
    if (taker === undefined) lines.push(line);
    else taker(line);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    next() {
      const ready = lines.shift();
      return ready === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(ready);
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function onSocket(socket: WebSocket): Line {
  const ids = { chat_id: 'chat', message_id: 'msg-1' };
  const told = (event_type: string, fields: object) => JSON.stringify({ event_type, ...at, ...ids, ...fields });
  let ended = false;
  return {
    isDocument: false,
    word: (token) => told('message_stream_token', { token, content: token }),
    steps: [
      step(told('connection_established', { user_id: 'u', tenant_id: 't' })),
      step(told('message_received', { user_id: 'u', content: '', message_id: 'msg-0' })),
      step(told('message_stream_started', {})),
      ...words.map((token) => step(told('message_stream_token', { token, content: token }), token)),
      step(told('message_stream_ended', { content: whole }), '', 'end'),
    ],
    send(...wires) {
      for (const wire of wires) {
        ended ||= wire.includes('message_stream_ended');
        socket.send(wire);
      }
    },
    end: () => socket.close(1000),
    reset: () => socket.terminate(),
    closed: new Promise((resolve) => socket.once('close', () => resolve(ended ? 'whole' : 'broken'))),
  };
}

/** Every kind of upstream, in what it says and how. */
export const kinds: readonly Kind[] = [
  vendorKind('openai'),
  vendorKind('anthropic'),
  homie,
  itemDiscovery,
  agentSlug,
  tenantChats,
  widget,
  { ...openai, name: 'openai (upstream)' },
];
