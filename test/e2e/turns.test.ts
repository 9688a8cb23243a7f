import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const headers = { authorization: 'Bearer demo-key' };
const admin = { authorization: 'Bearer demo-admin' };

let gateway: TestGateway;
let script: ReturnType<typeof createScriptedBackend>;

beforeEach(async () => {
  script = createScriptedBackend();
  gateway = await runGateway({ backends: { shop: script.backend } });
});
afterEach(() => gateway.close());

const agent = () => `${gateway.url}/v1/api/chat/support-agent`;
const widget = () => `${gateway.url}/api/v1/chat`;

async function answerNext(text: string): Promise<void> {
  const reply = await script.next();
  reply.say({ type: 'text-delta', text });
  reply.end();
}

/** The stored messages of a widget's session, as its operator sees them. */
async function transcript(sessionId: string) {
  const found = await send('GET', `${gateway.url}/admin/v1/sites/sk_demo/sessions/${sessionId}`, { headers: admin });
  const list = await send('GET', `${gateway.url}/admin/v1/conversations/${found.body.id}/messages`, { headers: admin });
  return list.body.entries.map(({ role, text, status }: Record<string, string>) => ({ role, text, status }));
}

describe('the same turn again', () => {
  const visitor = { site_key: 'sk_demo', session_id: 'sess_1', message: 'Hello', message_id: 'm_1' };

  it('with the message id of a widget gets the stored reply, and asks nobody', async () => {
    const first = openStream(`${widget()}/stream`, { json: visitor });
    await answerNext('Hi there');
    const said = dataOf(await (await first).rest());
    const again = dataOf(await (await openStream(`${widget()}/stream`, { json: visitor })).rest());
    const text = (events: { content?: string }[]) => events.map(({ content = '' }) => content).join('');
    expect(text(again)).toBe(text(said));
    expect(again.at(-1)).toEqual(said.at(-1));
    expect(script.asked).toHaveLength(1);
    expect(await transcript('sess_1')).toHaveLength(2);
  });

  it('at the same moment joins the running reply', async () => {
    const first = openStream(`${widget()}/stream`, { json: visitor });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi ' });
    const leader = await first;
    await leader.next();
    const follower = await openStream(`${widget()}/stream`, { json: visitor });
    reply.say({ type: 'text-delta', text: 'there' });
    reply.end();
    expect(dataOf(await follower.rest()).map(({ content }) => content)).toEqual(['Hi ', 'there', undefined]);
    await leader.rest();
    expect(script.asked).toHaveLength(1);
  });

  it('goes on for the one who joined when the first client leaves', async () => {
    const first = openStream(`${widget()}/stream`, { json: visitor });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi ' });
    const leader = await first;
    await leader.next();
    const follower = await openStream(`${widget()}/stream`, { json: visitor });
    await follower.next();
    leader.leave();
    await expect.poll(() => gateway.logged.filter((line) => line['code'] === 'client-closed').length).toBe(1);
    reply.say({ type: 'text-delta', text: 'there' });
    reply.end();
    expect(dataOf(await follower.rest()).map(({ content }) => content)).toEqual(['there', undefined]);
    expect(script.asked).toHaveLength(1);
  });

  it('stops when all who wait for it have left', async () => {
    const streams = [openStream(`${widget()}/stream`, { json: visitor })];
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi ' });
    streams.push(openStream(`${widget()}/stream`, { json: visitor }));
    for (const stream of await Promise.all(streams)) {
      await stream.next();
      stream.leave();
    }
    await expect.poll(() => reply.call.signal.aborted).toBe(true);
  });

  it('with an empty Idempotency-Key is a turn like any other', async () => {
    const options = (message: string) => ({ headers: { ...headers, 'idempotency-key': '' }, json: { message } });
    for (const text of ['One', 'Two']) {
      const asked = send('POST', agent(), options(text));
      await answerNext(text);
      expect((await asked).body.data.response).toBe(text);
    }
  });

  it('with a key, but to another agent or in another dialect, is another turn', async () => {
    const withKey = { ...headers, 'idempotency-key': 'once' };
    const first = send('POST', agent(), { headers: withKey, json: { message: 'Hello' } });
    await answerNext('Hi there');
    await first;
    const other = (url: string) => send('POST', url, { headers: withKey, json: { message: 'Hello' } });
    expect((await other(`${gateway.url}/v1/api/chat/nobody`)).status).toBe(404);
    expect((await other(`${gateway.url}/v1/api/chat/agent-slug`)).status).toBe(409);
    expect((await other(`${gateway.url}/v1/chat`)).status).toBe(409);
  });

  it('with an Idempotency-Key gets the same answer in the same conversation', async () => {
    const options = { headers: { ...headers, 'idempotency-key': 'once' }, json: { message: 'Hello' } };
    const [first, second] = [send('POST', agent(), options), send('POST', agent(), options)];
    await answerNext('Hi there');
    const answers = await Promise.all([first, second, send('POST', agent(), options)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(script.asked).toHaveLength(1);
  });

  it('with a key that was used for another message is refused', async () => {
    const withKey = { ...headers, 'idempotency-key': 'once' };
    const first = send('POST', agent(), { headers: withKey, json: { message: 'Hello' } });
    await answerNext('Hi there');
    await first;
    const other = await send('POST', agent(), { headers: withKey, json: { message: 'Something else' } });
    expect(other).toMatchObject({ status: 409, body: { data: null, error: { name: 'ConflictError' } } });
  });

  it('with one Idempotency-Key from two sessions of a site is two turns, for visitors are strangers to each other', async () => {
    const withKey = { 'idempotency-key': 'once' };
    const ask = (session: string) =>
      openStream(`${widget()}/stream`, {
        headers: withKey,
        json: { site_key: 'sk_demo', session_id: session, message: 'Hello' },
      });
    for (const name of ['alice', 'bob', 'alice']) {
      const asked = ask(name);
      if (script.asked.length < 2) await answerNext(`for ${name}`);
      const events = dataOf(await (await asked).rest());
      expect(events.map(({ content = '' }) => content).join('')).toBe(`for ${name}`);
    }
    expect(script.asked).toHaveLength(2);
    expect(await transcript('bob')).toMatchObject([{ text: 'Hello' }, { text: 'for bob' }]);
  });

  it('with one Idempotency-Key for two users of a key is refused', async () => {
    const ask = (user: string) =>
      send('POST', agent(), {
        headers: { ...headers, 'idempotency-key': 'once', 'x-user-identifier': user },
        json: { message: 'Hello' },
      });
    const first = ask('alice');
    const reply = await script.next();
    expect((await ask('bob')).status).toBe(409);
    reply.say({ type: 'text-delta', text: 'for alice' });
    reply.end();
    await first;
    expect(await ask('bob')).toMatchObject({ status: 409, body: { data: null } });
    expect((await ask('alice')).body.data.response).toBe('for alice');
  });

  it('after a failure asks again, and keeps the visitor’s message once', async () => {
    const first = openStream(`${widget()}/stream`, { json: visitor });
    (await script.next()).fail(new Error('broken'));
    expect((await first).status).toBe(500);
    const second = openStream(`${widget()}/stream`, { json: visitor });
    await answerNext('Now it works');
    await (await second).rest();
    expect(await transcript('sess_1')).toEqual([
      { role: 'visitor', text: 'Hello', status: 'complete' },
      { role: 'assistant', text: 'Now it works', status: 'complete' },
    ]);
  });
});

describe('a client that leaves', () => {
  const visitor = { site_key: 'sk_demo', session_id: 'sess_2', message: 'Hello' };
  const aborted = (signal: AbortSignal): Promise<void> =>
    signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  const ended = (code: string) =>
    expect.poll(() => gateway.logged.filter((line) => line['code'] === code).length).toBeGreaterThan(0);

  it('in the middle of a stream stops the backend, and what was said is kept as interrupted (failure 21)', async () => {
    const opening = openStream(`${widget()}/stream`, { json: visitor });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half of ' });
    const stream = await opening;
    await stream.next();
    stream.leave();
    await aborted(reply.call.signal);
    await ended('client-closed');
    expect(await transcript('sess_2')).toContainEqual({ role: 'assistant', text: 'Half of ', status: 'interrupted' });
  });

  it('before the first event stops the backend too (failure 22)', async () => {
    const controller = new AbortController();
    const gone = fetch(agent(), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Hello', stream: true }),
      signal: controller.signal,
    }).catch((error: Error) => error.name);
    const reply = await script.next();
    controller.abort();
    expect(await gone).toBe('AbortError');
    await aborted(reply.call.signal);
  });

  it('that waits for a whole answer stops the backend too (failure 23), which counts as no failure of ours (failure 24)', async () => {
    const controller = new AbortController();
    const gone = fetch(agent(), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Hello' }),
      signal: controller.signal,
    }).catch((error: Error) => error.name);
    const reply = await script.next();
    controller.abort();
    expect(await gone).toBe('AbortError');
    await aborted(reply.call.signal);
    await ended('client-closed');
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain('code="client-closed"');
    expect(metrics).not.toContain('code="internal"');
  });

  it('leaves no open stream behind (failure 26)', async () => {
    const streams = await Promise.all(
      Array.from({ length: 20 }, (_, index) => {
        const opening = openStream(`${widget()}/stream`, { json: { ...visitor, session_id: `sess_${index}` } });
        void script.next().then((reply) => reply.say({ type: 'text-delta', text: 'x' }));
        return opening;
      }),
    );
    for (const stream of streams) stream.leave();
    const open = async () =>
      /dragoman_open_streams\{[^}]*widget[^}]*\} (\d+)/.exec(await (await fetch(`${gateway.url}/metrics`)).text())?.[1];
    await expect.poll(open).toBe('0');
  });
});

describe('a failure', () => {
  it('before the first event has a status of its own, in the dialect', async () => {
    const opening = openStream(agent(), { headers, json: { message: 'Hello', stream: true } });
    (await script.next()).fail(new Error('secret /etc/key'));
    const stream = await opening;
    expect(stream.status).toBe(500);
    const text = (await stream.rest()).map(({ data }) => data).join('');
    expect(text).not.toContain('secret');
  });

  it('in the stream is the dialect’s own, and comes before its terminator (failures 11, 14)', async () => {
    const opening = openStream(agent(), { headers, json: { message: 'Hello', stream: true } });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half' });
    const stream = await opening;
    await stream.next();
    reply.fail(new Error('secret /etc/key'));
    const rest = (await stream.rest()).map(({ data }) => data);
    expect(rest).toHaveLength(2);
    expect(JSON.parse(rest[0] ?? '')).toEqual({
      error: { name: 'InternalServerError', message: 'Internal Server Error', details: {} },
    });
    expect(rest[1]).toBe('[DONE]');
  });

  it('is logged once, with its cause and without what was said', async () => {
    const asked = send('POST', agent(), { headers, json: { message: 'My card number is 4111' } });
    (await script.next()).fail(new Error('disk on fire'));
    await asked;
    const failures = gateway.logged.filter((line) => line['code'] === 'internal');
    expect(failures).toHaveLength(1);
    expect(JSON.stringify(failures)).toContain('disk on fire');
    expect(JSON.stringify(gateway.logged)).not.toContain('4111');
  });
});

describe('a reply', () => {
  it('has the same time in its answer and in the list', async () => {
    const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
    const chat = await send('POST', `${gateway.url}/v1/chats`, { headers, json: { chatbotId } });
    const messages = `${gateway.url}/v1/chats/${chat.body.id}/messages`;
    const asked = send('POST', messages, { headers, json: { message: 'Hello', currentUrl: '' } });
    await answerNext('Hi');
    const { body } = await asked;
    const list = await send('GET', messages, { headers });
    expect(list.body.items[1]).toEqual(body);
  });

  it('has no more items than were asked for, whatever its backend finds', async () => {
    const asked = send('POST', `${gateway.url}/v1/chat`, { headers, json: { message: 'Desks', limit: 2 } });
    const reply = await script.next();
    const items = Array.from({ length: 10 }, (_, index) => ({ id: `${index}`, title: `Desk ${index}` }));
    reply.say({ type: 'items-found', items: items.slice(0, 1) }, { type: 'items-found', items: items.slice(1) });
    reply.end();
    const { body } = await asked;
    expect(body.items.map(({ item_id }: { item_id: string }) => item_id)).toEqual(['0', '1']);
    const list = await send('GET', `${gateway.url}/v1/chats/${body.conversation_id}/messages`, { headers });
    expect(list.body.items[1].products).toHaveLength(2);
  });
});

describe('a conversation', () => {
  it('whose agent has left the configuration is answered by the caller’s own', async () => {
    const first = openStream(`${widget()}/stream`, { json: { site_key: 'sk_demo', session_id: 's', message: 'Hi' } });
    await answerNext('Hello');
    await (await first).rest();
    gateway = await gateway.restart((demo) => {
      demo.tenants[0].agents[0].id = '00000000-0000-4000-8000-000000000000';
    });
    const second = openStream(`${widget()}/stream`, { json: { site_key: 'sk_demo', session_id: 's', message: 'Hi' } });
    await answerNext('Hello again');
    expect((await second).status).toBe(200);
  });

  it('begun in one dialect goes on in another', async () => {
    const first = send('POST', `${gateway.url}/v1/chat`, { headers, json: { message: 'Hello' } });
    await answerNext('Hi');
    const id: string = (await first).body.conversation_id;
    const second = send('POST', agent(), { headers, json: { message: 'And now?', conversationId: id } });
    await answerNext('Now this');
    expect((await second).body.data.conversationId).toBe(id);
    const list = await send('GET', `${gateway.url}/v1/chats/${id}/messages`, { headers });
    expect(list.body.items.map(({ content }: { content: string }) => content)).toEqual([
      'Hello',
      'Hi',
      'And now?',
      'Now this',
    ]);
  });

  it('that was begun before the gateway stood begins under its id', async () => {
    for (const [url, field, id] of [
      [`${gateway.url}/v1/chat`, 'conversation_id', 'legacy/17'],
      [agent(), 'conversationId', 'conv_abc123'],
    ] as const) {
      for (const text of ['First', 'Second']) {
        const asked = send('POST', url, { headers, json: { message: text, [field]: id } });
        await answerNext(text);
        const { body } = await asked;
        expect(body.data?.conversationId ?? body.conversation_id).toBe(id);
      }
    }
    expect(script.asked).toHaveLength(4);
  });
});

describe('a key that may bring its own chat ids', () => {
  const chat = '0b7a6f3e-1c2d-4e5f-8a9b-c0d1e2f3a4b5';

  it('follows, asks and lists a chat that was begun before the gateway stood; another key is told 404', async () => {
    await gateway.close();
    script = createScriptedBackend();
    const sha256 = createHash('sha256').update('strict-key').digest('hex');
    gateway = await runGateway({
      backends: { shop: script.backend },
      configure: (demo) => {
        demo.tenants[0].keys.push({ name: 'strict', sha256 });
        demo.tenants[0].keys[0].adoptUnknownIds = true;
      },
    });
    const stream = await openStream(`${gateway.url}/v1/chats/${chat}/events`, { headers });
    expect(stream.status).toBe(200);
    const json = { message: 'Hello again', currentUrl: '' };
    const asked = send('POST', `${gateway.url}/v1/chats/${chat}/messages`, { headers, json });
    await answerNext('Welcome back');
    expect((await asked).body).toMatchObject({ chatId: chat, content: 'Welcome back' });
    expect(dataOf(await stream.until(({ data }) => data.includes('completed'))).at(-1)).toMatchObject({ chatId: chat });
    stream.leave();
    const list = await send('GET', `${gateway.url}/v1/chats/${chat}/messages`, { headers });
    expect(list.body.totalItems).toBe(2);
    const strict = { authorization: 'Bearer strict-key' };
    const unknown = `${gateway.url}/v1/chats/${chat.replace('0b7a', 'ffff')}/messages`;
    expect((await send('GET', unknown, { headers: strict })).status).toBe(404);
  });
});
