import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors/index.ts';
import { openStream, send } from '../support/client.ts';
import { runGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { createScriptedBackend, type ScriptedReply } from '../support/scripted-backend.ts';
import { runSharedGateways, type SharedGateways } from '../support/shared-gateways.ts';
import { openSocket } from '../support/socket.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });

const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
const bearer = { authorization: 'Bearer demo-key' };
const admin = { authorization: 'Bearer demo-admin' };
/** Two tokens, and a thousand that are set aside for its reply. */
const question = 'Hello';
const inFlight = 1_002;

const limited = (tokens: object) => (demo: any) => {
  for (const caller of [...demo.tenants[0].keys, ...demo.tenants[0].sites]) caller.limits = { tokens };
};

describe.runIf(isComplete)('the tokens of a day, at two gateways over one Redis,', () => {
  let shared: SharedGateways;
  let script: ReturnType<typeof createScriptedBackend>;
  afterEach(() => shared.close());

  async function start(tokens: object, change: (demo: any) => void = () => undefined): Promise<void> {
    script = createScriptedBackend();
    shared = await runSharedGateways(2, {
      backends: { shop: script.backend },
      drainMs: 50,
      configure(demo) {
        limited(tokens)(demo);
        change(demo);
      },
    });
  }
  const agent = (index: number) => `${shared.url(index)}/v1/api/chat/support-agent`;
  const ask = (index: number, fields: object = {}) =>
    send('POST', agent(index), { headers: bearer, json: { message: question, ...fields } });
  const open = (index: number) =>
    openStream(agent(index), { headers: bearer, json: { message: question, stream: true } });
  const askWidget = (index: number, messageId: string) =>
    send('POST', `${shared.url(index)}/api/v1/chat/stream`, {
      json: { site_key: 'sk_demo', session_id: 'sess_a', message: question, message_id: messageId },
    });
  /** What all callers have used or set aside, as it stands in Redis. */
  async function used(): Promise<number> {
    const client = shared.redis.client();
    const rows = await client.keys('dragoman:amount:*');
    const amounts = await Promise.all(rows.filter((row) => row.endsWith('}')).map((row) => client.get(row)));
    const aside = await Promise.all(rows.filter((row) => row.endsWith(':aside')).map((row) => client.hvals(row)));
    client.disconnect();
    return [...amounts, ...aside.flat().map((text) => text.split(' ')[0])].reduce((sum, text) => sum + Number(text), 0);
  }
  const spent = (amount: number) => expect.poll(used, { timeout: 20_000 }).toBe(amount);
  const conversations = async () =>
    (await send('GET', `${shared.url(0)}/admin/v1/tenants/${tenant}/conversations`, { headers: admin })).body.total;
  const say = (reply: ScriptedReply, text: string) => reply.say({ type: 'text-delta', text });
  /** A turn whose reply tells that it took so many. */
  async function spend(index: number, totalTokens: number): Promise<void> {
    const asking = ask(index);
    (await script.next()).end({ totalTokens });
    expect((await asking).status).toBe(200);
    await spent(totalTokens);
  }

  describe('are set aside while a reply is being given, and then counted', () => {
    it('as the backend tells', async () => {
      await start({ perDay: 200_000 });
      const asking = ask(0);
      const reply = await script.next();
      await spent(inFlight);
      reply.end({ totalTokens: 42 });
      expect((await asking).status).toBe(200);
      await spent(42);
    });

    it('as a quarter of the characters, if it does not tell', async () => {
      await start({ perDay: 200_000, reserve: 5 });
      const asking = ask(0);
      const reply = await script.next();
      await spent(7);
      say(reply, 'Good mor');
      say(reply, 'ning');
      reply.end();
      await asking;
      await spent(5);
    });

    it('as more than was set aside, if it took more', async () => {
      await start({ perDay: 2_000 });
      await spend(0, 5_000);
      expect((await ask(1)).status).toBe(429);
    });

    it('with what the client itself remembers', async () => {
      await start({ perDay: 200_000, reserve: 0 });
      const messages = [
        { role: 'system', content: 's'.repeat(400) },
        { role: 'user', content: 'u'.repeat(40) },
        { role: 'assistant', content: 'a'.repeat(40) },
        { role: 'user', content: 'u'.repeat(20) },
      ];
      const asking = send('POST', `${shared.url(0)}/v1/chat/completions`, {
        headers: bearer,
        json: { model: 'support-agent', messages },
      });
      const reply = await script.next();
      await spent(125);
      reply.end();
      expect((await asking).status).toBe(200);
    });
  });

  describe('are counted by what was said', () => {
    it.each([
      ['fails', (reply: ScriptedReply) => reply.fail(new GatewayError('upstream-failed', 'No'))],
      ['falls over', (reply: ScriptedReply) => reply.fail(new TypeError('a bug'))],
    ])('when a reply %s, early or late', async (_how, end) => {
      await start({ perDay: 200_000 });
      const asking = ask(0);
      end(await script.next());
      expect((await asking).status).toBeGreaterThanOrEqual(500);
      await spent(2);
      const opening = open(0);
      const reply = await script.next();
      say(reply, 'Good morning');
      const stream = await opening;
      await spent(2 + inFlight);
      end(reply);
      await stream.rest();
      await spent(2 + 5);
    });

    it('when the client leaves, early or late', async () => {
      await start({ perDay: 200_000 });
      const leaving = new AbortController();
      const asking = fetch(agent(0), {
        method: 'POST',
        headers: { ...bearer, 'content-type': 'application/json' },
        body: JSON.stringify({ message: question }),
        signal: leaving.signal,
      });
      await script.next();
      leaving.abort();
      await expect(asking).rejects.toThrow();
      await spent(2);
      const opening = open(0);
      say(await script.next(), 'Good morning');
      (await opening).leave();
      await spent(2 + 5);
    });

    it('when the gateway ends', async () => {
      await start({ perDay: 200_000 });
      const opening = open(0);
      say(await script.next(), 'Good morning');
      const stream = await opening;
      await shared.gateways[0]?.close();
      await stream.rest().catch(() => undefined);
      await spent(5);
    });

    it('when a reply goes on without its client, and then ends', async () => {
      await start({ perDay: 200_000 }, (demo) => {
        demo.tenants[0].agents[0].route.onDisconnect = 'finish';
      });
      const opening = open(0);
      const reply = await script.next();
      say(reply, 'Good morning');
      const stream = await opening;
      stream.leave();
      await expect.poll(() => readMetric(shared.url(0), 'dragoman_open_streams')).toBe(0);
      expect(await used()).toBe(inFlight);
      reply.end({ totalTokens: 77 });
      await spent(77);
    });
  });

  it('are refused in the dialect when they are used up, at every gateway, until midnight, and nothing is stored', async () => {
    await start({ perDay: 1_500 });
    const asking = ask(0);
    const reply = await script.next();
    const refused = await ask(1);
    expect(refused).toMatchObject({ status: 429, body: { data: null } });
    const untilMidnight = 86_400 - ((Date.now() / 1_000) % 86_400);
    expect(Math.abs(Number(refused.headers.get('retry-after')) - untilMidnight)).toBeLessThan(60);
    expect([await conversations(), script.asked.length, await used()]).toEqual([1, 1, inFlight]);
    expect(await readMetric(shared.url(1), 'dragoman_rate_limited_total', { limit: 'tokens' })).toBe(1);
    reply.end({ totalTokens: 498 });
    await asking;
    await spent(498);
    const fits = ask(1);
    (await script.next()).end({ totalTokens: 1 });
    expect((await fits).status).toBe(200);
    await spent(499);
    expect((await ask(0)).status).toBe(429);
  });

  it('are not exceeded by turns at the same moment', async () => {
    await start({ perDay: 5 * inFlight });
    const asking = Array.from({ length: 12 }, (_, index) => ask(index));
    const replies = [];
    for (let count = 0; count < 5; count += 1) replies.push(await script.next());
    await expect.poll(() => readMetric(shared.url(0), 'dragoman_rate_limited_total')).toBeGreaterThan(0);
    await spent(5 * inFlight);
    for (const reply of replies) reply.end({ totalTokens: 1 });
    const statuses = (await Promise.all(asking)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    await spent(5);
  });

  describe('are not used', () => {
    it('by a stored reply, nor by one that is joined, also when there are none left', async () => {
      await start({ perDay: 1_500 });
      const asking = [askWidget(0, 'm1'), askWidget(1, 'm1'), askWidget(0, 'm1')];
      const reply = await script.next();
      await spent(inFlight);
      say(reply, 'Hi');
      reply.end({ totalTokens: 1_400 });
      expect((await Promise.all(asking)).map(({ status }) => status)).toEqual([200, 200, 200]);
      await spent(1_400);
      expect((await askWidget(0, 'm2')).status).toBe(429);
      for (const index of [0, 1]) expect((await askWidget(index, 'm1')).body).toContain('Hi');
      expect([await used(), script.asked.length]).toEqual([1_400, 1]);
    });

    it('by a second reply to a message, but for what that one takes', async () => {
      await start({ perDay: 200_000 });
      const failing = askWidget(0, 'm1');
      (await script.next()).fail(new GatewayError('upstream-failed', 'No'));
      await failing;
      await spent(2);
      const asking = askWidget(1, 'm1');
      const reply = await script.next();
      await spent(2 + inFlight);
      reply.end({ totalTokens: 30 });
      await asking;
      await spent(32);
    });

    it('while a person has the conversation, also when there are none left', async () => {
      await start({ perDay: 1_500 });
      const asking = askWidget(0, 'm1');
      (await script.next()).end({ totalTokens: 1_400 });
      await asking;
      await spent(1_400);
      const list = await send('GET', `${shared.url(0)}/admin/v1/tenants/${tenant}/conversations`, { headers: admin });
      const [{ id }] = list.body.entries;
      const handed = await send('PATCH', `${shared.url(0)}/admin/v1/conversations/${id}`, {
        headers: admin,
        json: { mode: 'operator' },
      });
      expect(handed.status).toBe(200);
      expect((await askWidget(1, 'm2')).status).toBe(200);
      expect([await used(), script.asked.length]).toEqual([1_400, 1]);
    });

    it('by callers without such a limit', async () => {
      await start({ perDay: 1_500 }, (demo) => {
        delete demo.tenants[0].keys[0].limits;
      });
      const asking = ask(0);
      (await script.next()).end({ totalTokens: 5_000 });
      expect((await asking).status).toBe(200);
      expect(await used()).toBe(0);
    });

    it('by one caller of another’s', async () => {
      await start({ perDay: 1_500 });
      await spend(0, 1_400);
      const asking = askWidget(0, 'm1');
      (await script.next()).end();
      expect((await asking).status).toBe(200);
    });
  });

  it('are those of turns over a socket too', async () => {
    await start({ perDay: 1_500 });
    const headers = { 'x-api-key': 'demo-key' };
    const chat = await send('POST', `${shared.url(0)}/api/v1/chats/`, { headers, json: { user_id: 'ann' } });
    const query = new URLSearchParams({ api_key: 'demo-key', user_id: 'ann', chat_id: chat.body.id });
    const socket = openSocket(`${shared.gateways[0]?.webSocketUrl}/ws/chat?${query.toString()}`);
    await socket.until('connection_established');
    socket.send({ content: question });
    const reply = await script.next();
    await spent(inFlight);
    reply.end({ totalTokens: 1_400 });
    await socket.until('message_stream_ended');
    await spent(1_400);
    socket.send({ content: question });
    await socket.until('error');
    expect([script.asked.length, await used()]).toEqual([1, 1_400]);
    await socket.close();
  });
});

describe('the tokens of a day, at one gateway by itself,', () => {
  it('are set aside, counted and refused all the same', async () => {
    const script = createScriptedBackend();
    const gateway = await runGateway({ backends: { shop: script.backend }, configure: limited({ perDay: 1_500 }) });
    const ask = () =>
      send('POST', `${gateway.url}/v1/api/chat/support-agent`, { headers: bearer, json: { message: question } });
    const asking = ask();
    const reply = await script.next();
    expect((await ask()).status).toBe(429);
    reply.end({ totalTokens: 400 });
    expect((await asking).status).toBe(200);
    const again = ask();
    (await script.next()).end({ totalTokens: 400 });
    expect((await again).status).toBe(200);
    expect((await ask()).status).toBe(429);
    await gateway.close();
  });
});
