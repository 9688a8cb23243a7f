import { randomUUID } from 'node:crypto';
import { dataOf, type OpenStream, openStream, send } from './client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts';
import { createScriptedBackend, type ScriptedReply } from './scripted-backend.ts';
import { type ChatSocket, openSocket } from './socket.ts';

const headers = { 'x-api-key': 'demo-key' };
const admin = { authorization: 'Bearer demo-admin' };

/** Some gateways over one Redis, each as if it were a process of its own, and chats that clients ask and follow at any of them. */
export interface Chats {
  readonly gateways: TestGateway[];
  /** What all of them ask. */
  readonly script: ReturnType<typeof createScriptedBackend>;
  /** What the rows of all of them begin with. */
  readonly prefix: string;
  /** Starts one more; it finds Redis at `url`, if that is given. */
  start(options?: TestGatewayOptions, url?: string): Promise<void>;
  begin(): Promise<string>;
  /** A homie client's stream. */
  follow(at: number, chat: string, after?: string): Promise<OpenStream>;
  /** A socket of tenant-chats. */
  socket(at: number, chat: string): Promise<ChatSocket>;
  ask(at: number, chat: string): ReturnType<typeof send>;
  /** What a client is shown that polls. */
  poll(at: number, chat: string): Promise<readonly string[]>;
  remove(at: number, chat: string): Promise<number>;
  operatorSays(at: number, chat: string, text: string): Promise<void>;
  /** Role, text and status of each message. */
  history(at: number, chat: string): Promise<readonly (readonly string[])[]>;
  close(): Promise<void>;
}

export function createChats(redisUrl: string): Chats {
  const prefix = `test-${randomUUID()}`;
  const gateways: TestGateway[] = [];
  const script = createScriptedBackend();
  const url = (at: number): string => {
    const gateway = gateways[at];
    if (gateway === undefined) throw new Error(`There is no gateway ${at}`);
    return gateway.url;
  };
  const operator = (at: number, method: string, path: string, json?: unknown) =>
    send(method, `${url(at)}/admin/v1/conversations/${path}`, { headers: admin, json });
  return {
    gateways,
    script,
    prefix,
    async start(options = {}, redis = redisUrl) {
      const configure = (demo: any) => {
        demo.store = { engine: 'redis', url: redis, prefix };
        demo.tenants[0].keys[0].limits = {};
      };
      gateways.push(await runGateway({ backends: { shop: script.backend }, configure, ...options }));
    },
    async begin() {
      const json = { user_id: 'ann' };
      return (await send('POST', `${url(0)}/api/v1/chats/`, { headers, json })).body.id;
    },
    follow: (at, chat, after) =>
      openStream(`${url(at)}/v1/chats/${chat}/events`, {
        headers: { ...headers, ...(after !== undefined && { 'last-event-id': after }) },
      }),
    async socket(at, chat) {
      const address = `${url(at).replace('http:', 'ws:')}/ws/chat?api_key=demo-key&user_id=ann&chat_id=${chat}`;
      const socket = openSocket(address);
      await socket.until('connection_established');
      return socket;
    },
    ask: (at, chat) =>
      send('POST', `${url(at)}/v1/chats/${chat}/messages`, {
        headers,
        json: { message: 'Hello', currentUrl: 'https://s.com/' },
      }),
    async poll(at, chat) {
      const accept = { ...headers, accept: 'application/json' };
      const { body } = await send('GET', `${url(at)}/v1/chats/${chat}/messages/events`, { headers: accept });
      return body.map(({ content }: { readonly content: string }) => content);
    },
    remove: async (at, chat) => (await send('DELETE', `${url(at)}/api/v1/chats/${chat}`, { headers })).status,
    async operatorSays(at, chat, text) {
      await operator(at, 'POST', `${chat}/messages`, { text });
    },
    async history(at, chat) {
      const { body } = await operator(at, 'GET', `${chat}/messages`);
      return body.entries.map(({ role, text, status }: Record<string, string>) => [role, text, status]);
    },
    async close() {
      await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
    },
  };
}

export const say = (reply: ScriptedReply, ...texts: readonly string[]): void =>
  reply.say(...texts.map((text) => ({ type: 'text-delta' as const, text })));

/** What a homie client reads. */
export const contentsOf = (messages: Parameters<typeof dataOf>[0]): readonly string[] =>
  dataOf(messages).map(({ content }) => content);

type Frame = { readonly data: string };
export const isCompleted = ({ data }: Frame): boolean => data.includes('"status":"completed"');
export const hasFailed = ({ data }: Frame): boolean => data.includes('"status":"failed"');
export const says =
  (text: string) =>
  ({ data }: Frame): boolean =>
    data.includes(text);
