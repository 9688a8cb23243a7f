import { type Answer, send } from './client.ts';
import type { Ear } from './ear.ts';
import type { TestGateway } from './gateway.ts';
import { openSocket } from './socket.ts';

/** Who is asked, and as whom. */
export interface Place {
  readonly gateway: TestGateway;
  /** An agent's slug; the key and the site of the same name have it, too. */
  readonly agent: string;
  readonly agentId: string;
  /** Nobody else's. */
  readonly visitor: string;
}

/** What a client sees of one request. */
export interface Seen {
  readonly request: string;
  readonly status: number;
  readonly headers: readonly string[];
  /** As it came, a socket's frames one a line; what the other side broke off or closed tells so in its last line. */
  readonly body: string;
}

export interface Visit {
  /** The answer first, then what it takes to get one. */
  readonly seen: readonly [Seen, ...Seen[]];
  /** What the ids are called that the client knew before it asked. */
  readonly names: Readonly<Record<string, string>>;
}

export const keyOf = (agent: string): string => `key-${agent}`;
export const siteOf = (agent: string): string => `sk_${agent}`;

export const bearer = ({ agent }: Place) => ({ authorization: `Bearer ${keyOf(agent)}` });
export const apiKey = ({ agent }: Place) => ({ 'x-api-key': keyOf(agent) });

/** Of the connection and of the day, not of the dialect. */
const passing = new Set([
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'date',
  'x-request-id',
  'cache-control',
  'vary',
]);

interface Request {
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly ear?: Ear;
}

/** Asks; `rest` has what came, to the very end. */
async function ask(place: Place, path: string, { headers, json, ear }: Request): Promise<{ rest(): Promise<Seen> }> {
  const method = json === undefined ? 'GET' : 'POST';
  const response = await fetch(`${place.gateway.url}${path}`, {
    method,
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const shown = [...response.headers]
    .filter(([name]) => !passing.has(name))
    .map(([name, value]) => `${name}: ${value}`);
  const read = async (): Promise<string> => {
    const decoder = new TextDecoder();
    let body = '';
    try {
      for await (const bytes of response.body ?? []) {
        const text = decoder.decode(bytes, { stream: true });
        body += text;
        ear?.hear(text);
      }
    } catch {
      body += '\n<the connection broke off>';
    }
    ear?.stop();
    return body;
  };
  const body = read();
  return {
    rest: async () => ({ request: `${method} ${path}`, status: response.status, headers: shown, body: await body }),
  };
}

export const visitOnce = async (place: Place, path: string, request: Request): Promise<Visit> => ({
  seen: [await (await ask(place, path, request)).rest()],
  names: {},
});

export async function beginHomieChat(place: Place): Promise<string> {
  const json = { chatbotId: place.agentId };
  return chatOf(await send('POST', `${place.gateway.url}/v1/chats`, { headers: apiKey(place), json }));
}

function chatOf({ status, body }: Answer): string {
  if (status !== 201) throw new Error(`No chat began: ${status} ${JSON.stringify(body)}`);
  return String(body.id);
}

export const askHomie = async (place: Place, chat: string, message: string): Promise<Seen> =>
  (
    await ask(place, `/v1/chats/${chat}/messages`, { headers: apiKey(place), json: { message, currentUrl: '' } })
  ).rest();

/** Follows the chat from before it asks, to the very end: a chat that is deleted ends its followers' streams. */
export async function followHomie(place: Place, question: string, ear: Ear): Promise<Visit> {
  const chat = await beginHomieChat(place);
  const feed = await ask(place, `/v1/chats/${chat}/events`, { headers: apiKey(place), ear });
  const asked = await askHomie(place, chat, question);
  await ear.until((all) => /"status":"(completed|failed)"/.test(all));
  await send('DELETE', `${place.gateway.url}/api/v1/chats/${chat}`, { headers: apiKey(place) });
  return { seen: [await feed.rest(), asked], names: { [chat]: '<chat>' } };
}

/** What a client reads of a socket that it closes itself. */
const closedByUs = 1005;

export async function visitTenantChats(place: Place, content: string, ear: Ear): Promise<Visit> {
  const { gateway, visitor } = place;
  const json = { user_id: visitor };
  const chat = chatOf(await send('POST', `${gateway.url}/api/v1/chats/`, { headers: apiKey(place), json }));
  const path = `/ws/chat?user_id=${visitor}&chat_id=${chat}`;
  const socket = openSocket(`${gateway.webSocketUrl}${path}`, { headers: apiKey(place) });
  const frames: string[] = [];
  socket.client.on('message', (data: Buffer) => {
    frames.push(`${data.toString('utf8')}\n`);
    ear.hear(data.toString('utf8'));
  });
  await socket.until('connection_established');
  socket.send({ content });
  await untilOver(socket);
  ear.stop();
  await socket.close();
  const { code } = await socket.closed;
  if (code !== closedByUs) frames.push(`<closed with ${code}>\n`);
  return {
    seen: [{ request: `GET ${path}`, status: 101, headers: [], body: frames.join('') }],
    names: { [chat]: '<chat>' },
  };
}

async function untilOver(socket: ReturnType<typeof openSocket>): Promise<void> {
  for (let frame = await socket.next(); frame !== undefined; frame = await socket.next()) {
    if (['message_stream_ended', 'error'].includes(frame.event_type)) return;
  }
}
