import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../src/canonical/index.ts';
import { GatewayError } from '../../src/errors/index.ts';
import { type BackToBack, runBackToBack, upstreamDialects } from '../support/back-to-back.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import { itWhere } from '../support/it-where.ts';
import { clients } from '../support/visitors.ts';

const admin = { authorization: 'Bearer demo-admin' };
const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
const desk: Item = { id: 'ST678VG', title: 'Workshop desk', price: '999.99' };

/** Dialects that can show items, and follow-up questions, to whoever asks in them. */
const withItems = new Set(['homie', 'item-discovery']);

async function conversationsOf(url: string): Promise<readonly { messageCount: number }[]> {
  const { body } = await send('GET', `${url}/admin/v1/tenants/${tenant}/conversations?limit=100`, { headers: admin });
  return body.entries;
}

describe.each(upstreamDialects)('over an upstream that speaks %s', (dialect) => {
  const streamed = dialect !== 'item-discovery';
  let pair: BackToBack;
  beforeAll(async () => {
    pair = await runBackToBack(dialect);
  });
  afterAll(() => pair.close());

  async function answer(text: string) {
    const reply = await pair.script.next();
    const [first = '', ...rest] = text.split(/(?<= )/);
    reply.say({ type: 'text-delta', text: first });
    reply.say({ type: 'items-found', items: [desk] }, { type: 'suggestions', suggestions: ['Anything cheaper?'] });
    for (const word of rest) reply.say({ type: 'text-delta', text: word });
    reply.end();
    return reply;
  }

  it.each(clients)('$dialect ($delivery) is answered, twice in one conversation', async (client) => {
    const before = await conversationsOf(pair.far.url);
    const visitor = client.visit(pair.near);
    for (const [question, text] of [
      ['A desk for my dad?', 'Sure, here is one: Zoë’s 🪑.'],
      ['And a chair?', 'No.'],
    ] as const) {
      const asked = visitor.say(question);
      const { turn } = await answer(text);
      expect(turn.text).toBe(question);
      const said = await asked;
      expect(said.failure).toBeUndefined();
      expect(said.text).toBe(text);
      expect(said.items).toEqual(client.hasItems && withItems.has(dialect) ? [desk.title] : []);
    }
    const after = await conversationsOf(pair.far.url);
    expect(after).toHaveLength(before.length + 1);
  });

  const ask = (message: string) =>
    openStream(`${pair.near.url}/v1/api/chat/support-agent`, {
      headers: { authorization: 'Bearer demo-key' },
      json: { message, stream: true },
    });

  itWhere(streamed)('passes every word on when it comes (failure 9)', async () => {
    const asked = ask('Hello');
    const reply = await pair.script.next();
    reply.say({ type: 'text-delta', text: 'One ' });
    const stream = await asked;
    expect(dataOf([(await stream.next()) ?? { data: '' }])).toEqual([{ chunk: 'One ' }]);
    reply.say({ type: 'text-delta', text: 'two' });
    expect(dataOf([(await stream.next()) ?? { data: '' }])).toEqual([{ chunk: 'two' }]);
    reply.end();
    expect((await stream.rest()).map(({ data }) => data)).toEqual(['[DONE]']);
  });

  itWhere(streamed)('tells two turns of one conversation apart', async () => {
    const visitor = { headers: { authorization: 'Bearer demo-key' } };
    const url = `${pair.near.url}/v1/api/chat/support-agent`;
    const opening = openStream(url, { ...visitor, json: { message: 'Begin', stream: true } });
    await answer('Begun');
    const begun = await opening;
    const conversationId = begun.headers.get('x-conversation-id');
    await begun.rest();
    const questions = ['One?', 'Two?'];
    const asked = questions.map((message) =>
      openStream(url, { ...visitor, json: { message, conversationId, stream: true } }),
    );
    const echo = async () => {
      const reply = await pair.script.next();
      reply.say({ type: 'text-delta', text: 'You said ' });
      reply.say({ type: 'text-delta', text: reply.turn.text });
      reply.end();
    };
    await Promise.all([echo(), echo()]);
    for (const [index, open] of asked.entries()) {
      const chunks = dataOf(await (await open).rest()).map(({ chunk = '' }) => chunk);
      expect(chunks.join('')).toBe(`You said ${questions[index] ?? ''}`);
    }
  });

  it('answers with a status when it fails before it has said anything', async () => {
    const asked = ask('Hello');
    (await pair.script.next()).fail(new GatewayError('internal', 'secret'));
    const stream = await asked;
    expect(stream.status).toBe(502);
  });

  itWhere(streamed)('says in the stream that it has failed (failure 11)', async () => {
    const asked = ask('Hello');
    const reply = await pair.script.next();
    reply.say({ type: 'text-delta', text: 'One ' });
    const stream = await asked;
    await stream.next();
    reply.fail(new GatewayError('internal', 'secret'));
    const rest = await stream.rest();
    expect(dataOf(rest)).toEqual([{ error: expect.objectContaining({ name: 'ApplicationError' }) }, '[DONE]']);
    expect(JSON.stringify(rest)).not.toContain('secret');
  });

  it('hears of a client that leaves before the first word (failure 22)', async () => {
    const leaving = new AbortController();
    const asked = fetch(`${pair.near.url}/v1/api/chat/support-agent`, {
      method: 'POST',
      headers: { authorization: 'Bearer demo-key', 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Hello', stream: true }),
      signal: leaving.signal,
    });
    const reply = await pair.script.next();
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => reply.call.signal.aborted).toBe(true);
  });

  itWhere(streamed)('hears of a client that leaves between two words (failure 21)', async () => {
    const asked = ask('Hello');
    const reply = await pair.script.next();
    reply.say({ type: 'text-delta', text: 'One ' });
    const stream = await asked;
    await stream.next();
    stream.leave();
    await expect.poll(() => reply.call.signal.aborted).toBe(true);
  });
});

describe('what visitors leave beside messages', () => {
  const visitor = { site_key: 'sk_demo', session_id: 'sess_1' };
  let pair: BackToBack;
  beforeAll(async () => {
    pair = await runBackToBack('widget', { sessions: 'shared' });
  });
  afterAll(() => pair.close());

  const tell = (path: string, json: object) =>
    send('POST', `${pair.near.url}/api/v1/chat/${path}`, { json: { ...visitor, ...json } });
  const known = async () =>
    (await send('GET', `${pair.far.url}/admin/v1/sites/sk_demo/sessions/sess_1`, { headers: admin })).body;

  it.each([
    ['email', { email: 'jane@example.com' }, { contact: { email: 'jane@example.com' } }],
    ['contact', { phone: '+15550100', name: 'Jane' }, { contact: { phone: '+15550100', name: 'Jane' } }],
    ['rate', { score: 4 }, { rating: { score: 4 } }],
    ['rate/comment', { comment: 'Fast' }, { rating: { comment: 'Fast' } }],
  ])('is passed on from %s', async (path, json, expected) => {
    expect((await tell(path, json)).status).toBe(200);
    expect(await known()).toMatchObject(expected);
  });
});
