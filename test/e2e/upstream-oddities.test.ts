import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { runBefore } from '../support/back-to-back.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { json, type Received, runStub, type StubUpstream } from '../support/stub-upstream.ts';

const bearer = { authorization: 'Bearer demo-key' };
const sentence = 'My name is Jane and my card is 4111';

let stub: StubUpstream | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  await stub?.close();
});

type Answer = (response: ServerResponse, request: Received) => void;

/** The gateway before an upstream that answers so. */
async function before(
  dialect: Parameters<typeof runBefore>[0],
  answer: Answer,
  changes?: object,
): Promise<TestGateway> {
  stub = await runStub((request, response) => answer(response, request));
  gateway = await runBefore(dialect, stub.url, changes);
  return gateway;
}

const ask = ({ url }: TestGateway, message = 'Hello', headers: Record<string, string> = {}) =>
  send('POST', `${url}/v1/chat`, { headers: bearer, json: { message, ...headers } });

const stream = ({ url }: TestGateway) =>
  openStream(`${url}/v1/api/chat/support-agent`, { headers: bearer, json: { message: 'Hello', stream: true } });

const codesOf = ({ logged }: TestGateway) => logged.map((line) => line['code']).filter((code) => code !== undefined);

const agentAnswer = {
  data: {
    response: 'Hi',
    conversationId: 'conv_1',
    metadata: { model: 'gpt-4', tokens: 3, latency: 12 },
    draft: false,
  },
  error: null,
  meta: {},
};

const events = (...data: readonly string[]): Answer => {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(data.map((one) => `data: ${one}\n\n`).join(''));
  };
};

describe('an upstream that answers more than is documented', () => {
  it('is read for what is', async () => {
    const near = await before('agent-slug', (response) => json(response, agentAnswer));
    expect((await ask(near)).body).toMatchObject({ message: 'Hi' });
  });

  it('or null for what it does not know', async () => {
    const item = { item_id: '1', title: 'Desk', status: 'active', description: null, stock: { left: 2 } };
    const near = await before('item-discovery', (response) =>
      json(response, { conversation_id: 'c1', message: 'Here', items: [item], trace: 'x' }),
    );
    expect((await ask(near)).body.items).toEqual([
      { item_id: '1', title: 'Desk', status: 'active', description: null, price: null },
    ]);
  });

  it('or products with nulls, and a link by its other name', async () => {
    const product = { gtin: '1', designation: 'Desk', uri: 'https://shop.example/1', image: null, price: null };
    const answers: Record<string, object> = {
      '/v1/chats': { id: 'c1', chatbotId: 'b', userId: 'u', organizationId: 'o', createdAt: '2025-07-08T16:32:11Z' },
      '/v1/chats/c1/messages': {
        ...{ id: 'm1', chatId: 'c1', type: 'answer', content: 'Here', createdAt: '2025-07-08T16:32:15Z' },
        products: [product],
        suggestions: null,
      },
    };
    const near = await before('homie', (response, { path }) => json(response, answers[path], 201));
    expect((await ask(near)).body.items).toMatchObject([{ item_id: '1', title: 'Desk' }]);
  });

  it('in a stream, is passed over', async () => {
    const near = await before(
      'widget',
      events(
        '{"type":"thinking","for":3}',
        '{"type":"chunk","content":"Hi","index":0}',
        '{"type":"done","meta":{"conversation_id":5,"took":1}}',
      ),
    );
    expect((await ask(near)).body.message).toBe('Hi');
  });

  it('may compress', async () => {
    const near = await before('agent-slug', (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(agentAnswer)));
    });
    expect((await ask(near)).body).toMatchObject({ message: 'Hi' });
  });

  it('may answer whole where a stream was asked for', async () => {
    const near = await before('agent-slug', (response) => json(response, agentAnswer));
    expect(dataOf(await (await stream(near)).rest())).toEqual([{ chunk: 'Hi' }, '[DONE]']);
  });
});

describe('an upstream that breaks its word', () => {
  it.each([
    ['without its end mark', ['{"chunk":"Hi"}']],
    ['with what is no JSON', ['{"chunk":"Hi"}', `{"chunk":"${sentence}`]],
    ['with another shape', ['{"chunk":"Hi"}', `{"text":"${sentence}"}`]],
  ])('ends %s: the client is told that it failed (failure 11)', async (_how, data) => {
    const near = await before('agent-slug', events(...data));
    const opened = await stream(near);
    const told = dataOf(await opened.rest());
    expect(told.at(-2)).toMatchObject({ error: { name: 'ApplicationError' } });
    await expect.poll(() => codesOf(near)).toContain('upstream-protocol');
    expect(JSON.stringify(near.logged)).not.toContain(sentence);
  });

  it.each<[string, number, string, Answer]>([
    ['refuses our key', 502, 'upstream-rejected', (response) => json(response, failed('UnauthorizedError'), 401)],
    ['wants us to wait', 503, 'upstream-unavailable', (response) => json(response, failed('RateLimitError'), 429)],
    ['shows a page for people', 502, 'upstream-failed', (response) => response.writeHead(500).end(`<p>${sentence}`)],
    ['leads elsewhere', 502, 'upstream-rejected', (response) => response.writeHead(302, { location: '/else' }).end()],
    ['answers a page', 502, 'upstream-protocol', (response) => response.writeHead(200).end(`<p>${sentence}`)],
    ['hangs up', 502, 'upstream-failed', (response) => response.socket?.destroy()],
  ])('%s: %i', async (_how, status, code, answer) => {
    const near = await before('agent-slug', answer);
    const answered = await ask(near);
    expect(answered.status).toBe(status);
    expect(JSON.stringify(answered.body)).not.toContain(sentence);
    await expect.poll(() => codesOf(near)).toContain(code);
    expect(JSON.stringify(near.logged)).not.toContain(sentence);
    expect(stub?.received.map(({ path }) => path)).not.toContain('/else');
  });
});

const failed = (name: string) => ({ data: null, error: { name, message: sentence, details: {} } });

describe('a conversation that the upstream has lost', () => {
  it('goes on there as a new one, once', async () => {
    const chat = { chatbotId: 'b', userId: 'u', organizationId: 'o', createdAt: '2025-07-08T16:32:11Z' };
    let made = 0;
    const near = await before('homie', (response, { path }) => {
      if (path === '/v1/chats') {
        made += 1;
        json(response, { ...chat, id: `c${made}` }, 201);
      } else if (path === '/v1/chats/c1/messages' && made === 1 && stub?.received.length !== 2) {
        json(response, { statusCode: 404, message: 'Chat not found' }, 404);
      } else {
        const id = path.split('/')[3];
        json(response, { id: 'm', chatId: id, type: 'answer', content: id, createdAt: chat.createdAt }, 201);
      }
    });
    const say = async () =>
      (await send('POST', `${near.url}/v1/chat`, { headers: bearer, json: { message: 'Hi', conversation_id: 'mine' } }))
        .body.message;
    expect([await say(), await say(), await say()]).toEqual(['c1', 'c2', 'c2']);
  });
});

describe('what an upstream is told', () => {
  it('is our key, our headers and the visitor, in the words of its dialect', async () => {
    const near = await before('agent-slug', (response) => json(response, agentAnswer), {
      apiKey: 'our key',
      headers: { 'X-Team': 'shop' },
    });
    await ask(near, 'Hello', { user_id: 'Zoë 🪑' });
    expect(stub?.received[0]).toMatchObject({
      method: 'POST',
      path: '/v1/api/chat/support-agent',
      headers: {
        authorization: 'Bearer our key',
        'x-team': 'shop',
        'x-user-identifier': `Zo${encodeURIComponent('ë')} ${encodeURIComponent('🪑')}`,
      },
      body: { message: 'Hello', stream: false },
    });
  });

  it('is what was said before, without replies that failed, where it keeps no conversation', async () => {
    const near = await before('openai', (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Half' } }] })}\n\n`);
      if (stub?.received.length === 1) response.end(); // the second one is left before its end
    });
    const say = (message: string) =>
      openStream(`${near.url}/api/v1/chat/stream`, { json: { site_key: 'sk_demo', session_id: 'one', message } });
    await (await say('First')).rest();
    for (const message of ['Second', 'Third']) {
      const left = await say(message);
      await left.next();
      left.leave();
      await expect.poll(() => near.logged.filter(({ code }) => code === 'client-closed').length).not.toBe(0);
    }
    expect(stub?.received.at(-1)?.body.messages.map(({ content }: { content: string }) => content)).toEqual([
      'First',
      'Second',
      'Half',
      'Third',
    ]);
  });

  it('is nobody else’s session, of visitors who have none', async () => {
    const done = events('{"type":"done","meta":{"conversation_id":5}}');
    const near = await before('widget', done);
    await ask(near);
    await ask(near);
    const sessions = stub?.received.map(({ body }) => body.session_id) ?? [];
    expect(sessions).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    expect(new Set(sessions).size).toBe(2);
    expect(stub?.received[0]?.body).toMatchObject({ site_key: 'sk_demo' });
  });
});
