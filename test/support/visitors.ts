import { randomUUID } from 'node:crypto';
import { dataOf, openStream, send } from './client.ts';
import type { TestGateway } from './gateway.ts';
import { openSocket } from './socket.ts';

/** What a visitor's client shows of an answer. */
export interface Said {
  /** Of HTTP; 200 for an answer over a socket. */
  readonly status: number;
  readonly text: string;
  readonly items: readonly string[];
  readonly suggestions: readonly string[];
  /** How a stream said that it failed, if it did: the whole last message. */
  readonly failure?: unknown;
}

/** One visitor, whose conversation goes on from message to message. */
export interface Visitor {
  say(text: string): Promise<Said>;
}

/** A client of a dialect, plain or streamed. */
export interface Client {
  readonly dialect: string;
  readonly delivery: 'whole' | 'stream';
  /** Whether it is shown items. */
  readonly hasItems: boolean;
  visit(gateway: TestGateway): Visitor;
}

const bearer = { authorization: 'Bearer demo-key' };
const key = { 'x-api-key': 'demo-key' };
const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';

const said = (status: number, rest: Partial<Said> = {}): Said => ({
  status,
  text: '',
  items: [],
  suggestions: [],
  ...rest,
});

const joined = (parts: readonly (string | undefined)[]) => parts.filter((part) => part !== undefined).join('');
const titles = (products: readonly { designation?: string; title?: string }[] = []) =>
  products.map(({ designation, title }) => designation ?? title ?? '');

/** Every client that we know of, in both deliveries where its dialect has both. */
export const clients: readonly Client[] = [
  { dialect: 'homie', delivery: 'whole', hasItems: true, visit: (gateway) => visitHomie(gateway, askHomie) },
  { dialect: 'homie', delivery: 'stream', hasItems: true, visit: (gateway) => visitHomie(gateway, followHomie) },
  { dialect: 'item-discovery', delivery: 'whole', hasItems: true, visit: visitItemDiscovery },
  { dialect: 'agent-slug', delivery: 'whole', hasItems: false, visit: visitAgent },
  { dialect: 'agent-slug', delivery: 'stream', hasItems: false, visit: visitAgentStream },
  { dialect: 'tenant-chats', delivery: 'stream', hasItems: false, visit: visitTenantChats },
  { dialect: 'widget', delivery: 'stream', hasItems: false, visit: visitWidget },
  { dialect: 'openai', delivery: 'whole', hasItems: false, visit: visitOpenai },
  { dialect: 'openai', delivery: 'stream', hasItems: false, visit: visitOpenaiStream },
];

type AskHomie = (chat: string, text: string) => Promise<Said>;

function visitHomie({ url }: TestGateway, ask: AskHomie): Visitor {
  let chat: string | undefined;
  return {
    async say(text) {
      chat ??= `${url}/v1/chats/${(await send('POST', `${url}/v1/chats`, { headers: key, json: { chatbotId } })).body.id}`;
      return ask(chat, text);
    },
  };
}

async function askHomie(chat: string, text: string): Promise<Said> {
  const { status, body } = await postHomie(chat, text);
  return said(status, { text: body.content, items: titles(body.products), suggestions: body.suggestions ?? [] });
}

const postHomie = (chat: string, message: string) =>
  send('POST', `${chat}/messages`, { headers: key, json: { message, currentUrl: '' } });

async function followHomie(chat: string, text: string): Promise<Said> {
  const stream = await openStream(`${chat}/events`, { headers: key });
  const posted = postHomie(chat, text);
  const events = dataOf(await stream.until(({ data }) => JSON.parse(data).status !== 'inProgress'));
  stream.leave();
  const { status } = await posted;
  const steps = events.slice(0, -1);
  const end = events.at(-1);
  return said(status, {
    text: joined(steps.map(({ content }) => content)),
    items: steps.flatMap(({ toolResponse }) => titles(toolResponse?.products)),
    suggestions: steps.flatMap(({ toolResponse }) => toolResponse?.suggestions ?? []),
    ...(end?.status === 'failed' && { failure: end }),
  });
}

function visitItemDiscovery({ url }: TestGateway): Visitor {
  const conversation = randomUUID();
  return {
    async say(message) {
      const json = { message, conversation_id: conversation };
      const { status, body } = await send('POST', `${url}/v1/chat`, { headers: bearer, json });
      return said(status, { text: body.message, items: titles(body.items) });
    },
  };
}

const agentPath = '/v1/api/chat/support-agent';

function visitAgent({ url }: TestGateway): Visitor {
  let conversationId: string | null = null;
  return {
    async say(message) {
      const json = { message, conversationId };
      const { status, body } = await send('POST', `${url}${agentPath}`, { headers: bearer, json });
      conversationId = body.data?.conversationId ?? conversationId;
      return said(status, { text: body.data?.response ?? '' });
    },
  };
}

function visitAgentStream({ url }: TestGateway): Visitor {
  let conversationId: string | null = null;
  return {
    async say(message) {
      const json = { message, conversationId, stream: true };
      const stream = await openStream(`${url}${agentPath}`, { headers: bearer, json });
      conversationId = stream.headers.get('x-conversation-id') ?? conversationId;
      const events = dataOf(await stream.rest());
      const failure = events.find(({ error }) => error);
      return said(stream.status, { text: joined(events.map(({ chunk }) => chunk)), ...(failure && { failure }) });
    },
  };
}

function visitTenantChats({ url, webSocketUrl }: TestGateway): Visitor {
  const user = `user-${randomUUID()}`;
  let chat: string | undefined;
  return {
    async say(content) {
      chat ??= String((await send('POST', `${url}/api/v1/chats/`, { headers: key, json: { user_id: user } })).body.id);
      const socket = openSocket(`${webSocketUrl}/ws/chat?api_key=demo-key&user_id=${user}&chat_id=${chat}`);
      await socket.until('connection_established');
      socket.send({ content });
      const frames: any[] = [];
      do frames.push(await socket.next());
      while (!['message_stream_ended', 'error', undefined].includes(frames.at(-1)?.event_type));
      await socket.close();
      const failure = frames.find((frame) => frame?.event_type === 'error');
      return said(200, { text: joined(frames.map((frame) => frame?.token)), ...(failure && { failure }) });
    },
  };
}

function visitWidget({ url }: TestGateway): Visitor {
  const session = { site_key: 'sk_demo', session_id: `sess_${randomUUID()}` };
  return {
    async say(message) {
      const stream = await openStream(`${url}/api/v1/chat/stream`, { json: { ...session, message } });
      const events = dataOf(await stream.rest());
      const failure = events.find(({ type }) => type === 'error');
      return said(stream.status, { text: joined(events.map(({ content }) => content)), ...(failure && { failure }) });
    },
  };
}

function openaiRequest(conversation: string | undefined, content: string, stream: boolean) {
  return {
    headers: { ...bearer, ...(conversation !== undefined && { 'x-conversation-id': conversation }) },
    json: { model: 'support-agent', messages: [{ role: 'user', content }], stream },
  };
}

function visitOpenai({ url }: TestGateway): Visitor {
  let conversation: string | undefined;
  return {
    async say(text) {
      const answer = await send('POST', `${url}/v1/chat/completions`, openaiRequest(conversation, text, false));
      conversation = answer.headers.get('x-conversation-id') ?? conversation;
      return said(answer.status, { text: answer.body.choices?.[0].message.content ?? '' });
    },
  };
}

function visitOpenaiStream({ url }: TestGateway): Visitor {
  let conversation: string | undefined;
  return {
    async say(text) {
      const stream = await openStream(`${url}/v1/chat/completions`, openaiRequest(conversation, text, true));
      conversation = stream.headers.get('x-conversation-id') ?? conversation;
      const events = dataOf(await stream.rest());
      const failure = events.find(({ error }) => error);
      const parts = events.map(({ choices }) => choices?.[0]?.delta?.content);
      return said(stream.status, { text: joined(parts), ...(failure && { failure }) });
    },
  };
}
