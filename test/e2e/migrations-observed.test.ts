import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStream, send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { type Moving, overseer, runLegacy, runMoving } from '../support/migrating.ts';
import { createRawServer } from '../support/vendor-server.ts';

const key = { 'x-api-key': 'demo-key' };
const bearer = { authorization: 'Bearer demo-key' };
const soon = { timeout: 60_000, interval: 20 };

let legacy: TestGateway;
let gateway: TestGateway;
beforeEach(async () => {
  legacy = await runLegacy();
});
afterEach(async () => {
  await gateway.close();
  await legacy.close();
});
const start = async (moving: Moving = {}): Promise<void> => {
  gateway = await runMoving(legacy, moving);
};
const { move } = overseer(() => gateway);

type Say = (text: string) => Promise<string>;

/** A dialogue in a dialect, as its clients have it: what is said is answered with a text. */
const dialogues: Readonly<Record<string, () => Promise<Say>>> = {
  async homie() {
    const json = { chatbotId: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f' };
    const { id } = (await send('POST', `${gateway.url}/v1/chats`, { headers: key, json })).body;
    return async (message) =>
      (
        await send('POST', `${gateway.url}/v1/chats/${id}/messages`, {
          headers: key,
          json: { message, currentUrl: '' },
        })
      ).body.content;
  },
  'item-discovery': async () => async (message) =>
    (await send('POST', `${gateway.url}/v1/chat`, { headers: key, json: { message, conversation_id: 'mine' } })).body
      .message,
  async 'agent-slug'() {
    let conversationId: string | undefined;
    return async (message) => {
      const json = { message, ...(conversationId && { conversationId }) };
      const { data } = (await send('POST', `${gateway.url}/v1/api/chat/support-agent`, { headers: bearer, json })).body;
      conversationId = data.conversationId;
      return data.response;
    };
  },
  async widget() {
    let number = 0;
    return async (message) => {
      number += 1;
      const json = { site_key: 'sk_demo', session_id: 'a-session-of-sixteen', message, message_id: `m${number}` };
      const stream = await openStream(`${gateway.url}/api/v1/chat/stream`, { json });
      const text = (await stream.rest()).map(({ data }) => data).join('\n');
      return /(?:old|new) after \d+: \w+/.exec(text)?.[0] ?? text;
    };
  },
  async openai() {
    const messages: object[] = [];
    return async (content) => {
      messages.push({ role: 'user', content });
      const json = { model: 'support-agent', messages };
      const answer = (await send('POST', `${gateway.url}/v1/chat/completions`, { headers: bearer, json })).body;
      messages.push(answer.choices[0].message);
      return answer.choices[0].message.content;
    };
  },
};

const operator = { headers: { authorization: 'Bearer demo-admin' } };
const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
/** The newest conversation that is kept. */
const newest = async (): Promise<any> =>
  (await send('GET', `${gateway.url}/admin/v1/tenants/${tenant}/conversations?order=desc`, operator)).body.entries[0];
/** How many messages are kept of it, and their ids. */
const kept = async (): Promise<number> => (await newest())?.messageCount ?? 0;
const keptIds = async (): Promise<readonly string[]> => {
  const { id } = (await newest()) ?? {};
  if (id === undefined) return [];
  const page = await send('GET', `${gateway.url}/admin/v1/conversations/${id}/messages`, operator);
  return page.body.entries.map((message: { id: string }) => message.id);
};

describe('what is said before the move', () => {
  it.each(Object.entries(dialogues))(
    'in %s is known after it, and the old side goes on after a rollback',
    async (dialect, begin) => {
      await start();
      const say = await begin();
      expect(await say('one')).toBe('old after 0: one');
      expect(await say('two')).toBe('old after 2: two');
      if (dialect !== 'openai') await vi.waitFor(async () => expect(await kept()).toBe(4), soon);
      const ids = await keptIds();
      expect(new Set(ids).size).toBe(ids.length);
      await move('canary', { canary: '100%' });
      // Who began before stays where they were; a dialogue that the client keeps begins with each turn.
      const side = dialect === 'openai' ? 'new' : 'old';
      expect(await say('three')).toBe(`${side} after 4: three`);
      if (dialect !== 'openai') await vi.waitFor(async () => expect(await kept()).toBe(6), soon);
      await move('cutover');
      expect(await say('four')).toBe('new after 6: four');
      await move('shadow');
      expect(await say('five')).toBe(`old after ${dialect === 'openai' ? 8 : 6}: five`);
      if (dialect !== 'openai') await vi.waitFor(async () => expect(await kept()).toBe(10), soon);
      await move('cutover');
      expect(await say('six')).toBe('new after 10: six');
    },
  );

  it('is shown by the new side, with the ids that clients have', async () => {
    await start();
    const json = { chatbotId: '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f' };
    const { id } = (await send('POST', `${gateway.url}/v1/chats`, { headers: key, json })).body;
    const messages = `${gateway.url}/v1/chats/${id}/messages`;
    const reply = await send('POST', messages, { headers: key, json: { message: 'one', currentUrl: '' } });
    await vi.waitFor(async () => expect(await kept()).toBe(2), soon);
    await move('cutover');
    const { body } = await send('GET', messages, { headers: key });
    expect(JSON.stringify(body)).toContain(reply.body.id);
    expect(JSON.stringify(body)).toContain('old after 0: one');
  });

  it('of nobody who is known goes on under the id that the client has', async () => {
    await start({ migration: { stage: 'cutover' } });
    const unknown = '0d4f6b2e-8c1a-4e97-b3d5-6a7f9e0c1b28';
    const json = { message: 'one', currentUrl: '' };
    const answer = await send('POST', `${gateway.url}/v1/chats/${unknown}/messages`, { headers: key, json });
    expect(answer.body).toMatchObject({ chatId: unknown, content: 'new after 0: one' });
  });
});

describe('a copy', () => {
  it('is made of what is compressed, and changes no byte; what cannot be read is passed on, and counted', async () => {
    const server = await createRawServer();
    gateway = await runMoving({ url: server.url });
    const ask = async (body: Buffer, headers: Record<string, string>): Promise<Buffer> => {
      const asking = fetch(`${gateway.url}/v1/chat`, {
        method: 'POST',
        headers: { ...key, 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'one', conversation_id: 'mine' }),
      });
      const got = await server.next();
      got.head(200, { 'content-type': 'application/json', ...headers });
      got.end(body);
      return Buffer.from(await (await asking).arrayBuffer());
    };
    const document = JSON.stringify({ message: 'It is so', conversation_id: 'mine', items: [] });
    expect((await ask(gzipSync(document), { 'content-encoding': 'gzip' })).toString()).toBe(document);
    await vi.waitFor(async () => expect(await kept()).toBe(2), soon);
    expect((await ask(Buffer.from('{"other":'), {})).toString()).toBe('{"other":');
    await vi.waitFor(async () => expect(await kept()).toBe(3), soon);
    await fetch(`${gateway.url}/v1/chat`, {
      method: 'POST',
      headers: key,
      body: '{',
      signal: AbortSignal.timeout(200),
    }).catch(() => undefined);
    const labels = { migration: 'storefront', reason: 'unreadable' };
    await vi.waitFor(
      async () => expect(await readMetric(gateway.url, 'dragoman_migration_unkept_total', labels)).toBe(1),
      soon,
    );
    await server.close();
  });

  it('is bounded, alone and beside others, and what is too much is passed on whole and given back', {
    timeout: 120_000,
  }, async () => {
    const server = await createRawServer();
    gateway = await runMoving({ url: server.url });
    const begin = async (message: string) => {
      const asking = fetch(`${gateway.url}/v1/chat`, {
        method: 'POST',
        headers: { ...key, 'content-type': 'application/json' },
        body: JSON.stringify({ message: 'one', conversation_id: 'mine' }),
      });
      const got = await server.next();
      const document = JSON.stringify({ message, conversation_id: 'mine', items: [] });
      got.head(200, { 'content-type': 'application/json' });
      got.write(document.slice(0, -1));
      const answer = await asking;
      return async () => {
        got.end('}');
        expect((await answer.text()).length).toBe(document.length);
      };
    };
    const left = () =>
      readMetric(gateway.url, 'dragoman_migration_unkept_total', { migration: 'storefront', reason: 'bounds' });
    await (await begin('x'.repeat(2_100_000)))();
    await vi.waitFor(async () => expect(await left()).toBe(1), soon);
    // Together more than 64 MiB, and each less than 2.
    const many = await Promise.all(Array.from({ length: 36 }, () => begin('x'.repeat(2_000_000))));
    await Promise.all(many.map((end) => end()));
    await vi.waitFor(async () => {
      const [notKept, messages] = [await left(), await kept()];
      expect(notKept).toBeGreaterThan(1);
      expect(messages).toBe(2 * (37 - notKept));
    }, soon);
    const before = await kept();
    await (await begin('so'))();
    await vi.waitFor(async () => expect(await kept()).toBe(before + 2), soon);
    await server.close();
  });

  it.each([
    [
      'is cut off in the middle of its compression',
      'gzip',
      gzipSync(JSON.stringify({ message: 'so' })).subarray(0, 20),
    ],
    ['is compressed in a way that is not known', 'zstd', Buffer.from('28b52ffd04', 'hex')],
    ['is not compressed as it says', 'deflate', Buffer.from('no')],
  ])('of an answer that %s is what the visitor said', async (_how, encoding, bytes) => {
    const server = await createRawServer();
    gateway = await runMoving({ url: server.url });
    // A client that takes the bytes as they are, and leaves what is cut off.
    const asking = request(
      `${gateway.url}/v1/chat`,
      { method: 'POST', headers: { ...key, 'content-type': 'application/json' } },
      (answer) => (encoding === 'gzip' ? asking.destroy() : answer.resume()),
    );
    asking.on('error', () => undefined);
    asking.end(JSON.stringify({ message: 'one', conversation_id: 'mine' }));
    const got = await server.next();
    got.head(200, { 'content-type': 'application/json', 'content-encoding': encoding });
    got.write(bytes);
    if (encoding !== 'gzip') got.end();
    await vi.waitFor(async () => expect(await kept()).toBe(1), soon);
    const labels = { migration: 'storefront', reason: 'store' };
    expect(await readMetric(gateway.url, 'dragoman_migration_unkept_total', labels)).toBe(0);
    await server.close();
  });
});
