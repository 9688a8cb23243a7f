import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { dataOf, openStream, send } from './client.ts';
import { runGateway, type TestGateway } from './gateway.ts';

/** What an upstream answers; numbers among the frames are pauses in milliseconds, and `hang` is where it says no more. */
export interface WireAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly frames: readonly (string | number)[];
}

export interface WireRequest {
  /** The body. */
  readonly j: any;
  /** Which request it is, from 1. */
  readonly n: number;
  readonly h: IncomingHttpHeaders;
}

export const hang = 'hang';

export interface OverWire {
  readonly gateway: TestGateway;
  /** The bodies of all requests. */
  readonly asked: readonly any[];
  close(): Promise<void>;
}

export interface Wiring {
  readonly type: 'openai' | 'anthropic' | 'upstream';
  readonly settings?: object;
  /** Further backends, by the settings of the one that is called `llm`. */
  more?(llm: object): object;
  /** Who answers, if not `llm`. */
  readonly route?: string;
  answerTo(request: WireRequest): WireAnswer | undefined;
}

/** The demo, answered by an upstream that says exactly this. */
export async function runOverWire({ type, settings, more, route = 'llm', answerTo }: Wiring): Promise<OverWire> {
  const asked: unknown[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body: unknown = JSON.parse(await readText(request));
    asked.push(body);
    const answer = answerTo({ j: body, n: asked.length, h: request.headers });
    response.writeHead(answer?.status ?? 599, answer?.headers).flushHeaders();
    for (const frame of answer?.frames ?? []) {
      if (frame === hang) return;
      if (typeof frame === 'number') await pause(frame);
      else response.write(frame);
    }
    response.end();
  };
  const upstream = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`; // it listens on a port
  const ofType = type === 'upstream' ? {} : { model: 'up-model' };
  const llm = { type, baseUrl: type === 'openai' ? `${url}/v1` : url, ...ofType, retry: { wait: '1ms' }, ...settings };
  const gateway = await runGateway({
    configure(demo) {
      demo.backends = { llm, ...more?.(llm) };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: route };
    },
  });
  return {
    gateway,
    asked,
    async close() {
      await gateway.close();
      upstream.closeAllConnections();
      upstream.close();
    },
  };
}

export interface WireQuestion {
  readonly message: string;
  readonly session?: string;
  /** What an `openai` client says beside its message. */
  readonly rest?: object;
}

const headers = { authorization: 'Bearer demo-key' };
const openai = ({ message, rest }: WireQuestion) => ({
  model: 'support-agent',
  messages: [{ role: 'user', content: message }],
  ...rest,
});

async function readStream(url: string, json: object, textIn: (data: any) => string | undefined) {
  const stream = await openStream(url, { headers, json });
  const said = dataOf(await stream.rest());
  return {
    status: stream.status,
    text: said.map((data) => textIn(data) ?? '').join(''),
    failed: said.some(({ error }) => error !== undefined),
    usage: said.findLast(({ usage }) => usage)?.usage,
  };
}

/** What each client is told: its status and its text. */
export const wireClients = {
  async 'openai-plain'(url: string, question: WireQuestion) {
    const { status, body } = await send('POST', `${url}/v1/chat/completions`, { headers, json: openai(question) });
    return { status, text: body.choices?.[0]?.message.content, failed: status >= 400, usage: body.usage };
  },
  'openai-stream': (url: string, question: WireQuestion) =>
    readStream(
      `${url}/v1/chat/completions`,
      { ...openai(question), stream: true, stream_options: { include_usage: true } },
      (data) => data.choices?.[0]?.delta.content,
    ),
  'agent-slug-stream': (url: string, { message }: WireQuestion) =>
    readStream(`${url}/v1/api/chat/support-agent`, { message, stream: true }, ({ chunk }) => chunk),
  widget: (url: string, { message, session = 's-1' }: WireQuestion) =>
    readStream(
      `${url}/api/v1/chat/stream`,
      { site_key: 'sk_demo', session_id: session, message },
      ({ content, text, delta }) => content ?? text ?? delta,
    ),
  async 'item-discovery'(url: string, { message }: WireQuestion) {
    const json = { message, conversation_id: 'c-1', session_id: 's-1', user_id: 'u-1' };
    const { status, body } = await send('POST', `${url}/v1/chat`, { headers, json });
    return { status, text: body.message, failed: status >= 400, usage: undefined };
  },
};

/** What an upstream of either vendor's kind says. */
const data = (json: object): string => `data: ${JSON.stringify(json)}\n\n`;
const sse = { 'content-type': 'text/event-stream' };
const json = { 'content-type': 'application/json' };

export const wire = {
  sse,
  data,
  done: 'data: [DONE]\n\n',
  chunk: (delta: object | null, finish: string | null = null, rest: object = {}): string =>
    data({ id: 'c1', model: 'up-model', choices: [{ index: 0, delta, finish_reason: finish, ...rest }] }),
  /** A whole answer, or a stream of these pieces, as it is asked for. */
  answer(j: any, message: object, pieces: readonly object[] = [message], finish = 'stop'): WireAnswer {
    const whole = { choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }] };
    if (j.stream !== true) return wire.document(200, whole);
    return wire.stream([...pieces.map((piece) => wire.chunk(piece)), wire.chunk({}, finish), wire.done]);
  },
  stream: (frames: readonly (string | number)[], headers: WireAnswer['headers'] = sse): WireAnswer => ({
    status: 200,
    headers: { ...headers },
    frames,
  }),
  document: (status: number, body: unknown, headers: WireAnswer['headers'] = json): WireAnswer => ({
    status,
    headers: { ...headers },
    frames: [typeof body === 'string' ? body : JSON.stringify(body)],
  }),
  call: (id: string, rest: object = {}) => ({
    index: 0,
    id,
    type: 'function',
    function: { name: 'search_catalog', arguments: '{"query":"blue hoodie"}' },
    ...rest,
  }),
};
