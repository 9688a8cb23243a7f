import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';

/** What upstreams really send: the first answer whose `when` holds of the request; numbers among its frames are pauses in milliseconds. */
interface Wire {
  readonly title: string;
  /** Where it was reported, of another system. */
  readonly source: string;
  readonly type: 'openai' | 'anthropic' | 'upstream';
  readonly settings: object;
  readonly answers: readonly {
    readonly when: string;
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly frames: readonly (string | number)[];
  }[];
  readonly asked: readonly Asked[];
}

interface Asked {
  readonly client: keyof typeof clients;
  readonly session?: string;
  readonly message: string | { readonly begin?: string; readonly repeat: string; readonly times: number };
  readonly expected: { readonly status: number; readonly text?: string };
}

// Our own file, in the form above.
const wires = JSON.parse(readFileSync(new URL('llm-wires.json', import.meta.url), 'utf8')) as readonly Wire[];

let gateway: TestGateway;
let upstream: Server;
afterEach(async () => {
  await gateway.close();
  upstream.closeAllConnections();
  upstream.close();
});

async function startUpstream({ answers }: Wire): Promise<string> {
  let asked = 0;
  const answerTo = (body: string, headers: IncomingHttpHeaders) => {
    asked += 1;
    const request = { j: JSON.parse(body), n: asked, h: headers };
    return answers.find(({ when }) => runInNewContext(when, request) as boolean);
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = answerTo(await readText(request), request.headers);
    response.writeHead(answer?.status ?? 599, answer?.headers).flushHeaders();
    for (const frame of answer?.frames ?? []) {
      if (typeof frame === 'number') await pause(frame);
      else response.write(frame);
    }
    response.end();
  };
  upstream = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`; // it listens on a port
}

async function start(wire: Wire): Promise<void> {
  const url = await startUpstream(wire);
  const ofType = wire.type === 'upstream' ? {} : { model: 'up-model' };
  const baseUrl = wire.type === 'openai' ? `${url}/v1` : url;
  gateway = await runGateway({
    configure(demo) {
      demo.backends = { llm: { type: wire.type, baseUrl, ...ofType, retry: { wait: '1ms' }, ...wire.settings } };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: 'llm' };
    },
  });
}

interface Question {
  readonly message: string;
  readonly session: string;
}

const headers = { authorization: 'Bearer demo-key' };
const openai = (message: string) => ({ model: 'support-agent', messages: [{ role: 'user', content: message }] });

async function readStream(path: string, json: object, textIn: (data: any) => string | undefined) {
  const stream = await openStream(`${gateway.url}${path}`, { headers, json });
  const said = dataOf(await stream.rest());
  return { status: stream.status, text: said.map((data) => textIn(data) ?? '').join('') };
}

const clients = {
  async 'openai-plain'({ message }: Question) {
    const { status, body } = await send('POST', `${gateway.url}/v1/chat/completions`, {
      headers,
      json: openai(message),
    });
    return { status, text: body.choices?.[0]?.message.content };
  },
  'openai-stream': ({ message }: Question) =>
    readStream(
      '/v1/chat/completions',
      { ...openai(message), stream: true },
      (data) => data.choices?.[0]?.delta.content,
    ),
  'agent-slug-stream': ({ message }: Question) =>
    readStream('/v1/api/chat/support-agent', { message, stream: true }, ({ chunk }) => chunk),
  widget: ({ message, session }: Question) =>
    readStream(
      '/api/v1/chat/stream',
      { site_key: 'sk_demo', session_id: session, message },
      ({ content, text, delta }) => content ?? text ?? delta,
    ),
  async 'item-discovery'({ message }: Question) {
    const json = { message, conversation_id: 'c-1', session_id: 's-1', user_id: 'u-1' };
    const { status, body } = await send('POST', `${gateway.url}/v1/chat`, { headers, json });
    return { status, text: body.message };
  },
};

const messageOf = ({ message }: Asked): string =>
  typeof message === 'string' ? message : (message.begin ?? '') + message.repeat.repeat(message.times);

describe('what upstreams really send', () => {
  it.each(wires.map((wire) => [wire.title, wire.source, wire] as const))(
    '%s (%s)',
    { timeout: 60_000 },
    async (_, __, wire) => {
      await start(wire);
      for (const asked of wire.asked) {
        const { status, text = '' } = await clients[asked.client]({
          message: messageOf(asked),
          session: asked.session ?? 's-1',
        });
        expect(text).not.toMatch(/<think>|<tool_call>/);
        const told = { status, ...(asked.expected.text !== undefined && { text: text.trim() }) };
        expect(told, `${asked.client}: ${JSON.stringify(asked.message)}`).toEqual(asked.expected);
      }
    },
  );
});
