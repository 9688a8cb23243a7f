import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { itWhere } from '../support/it-where.ts';
import { readMetric } from '../support/metrics.ts';
import { overStandIn, storedReplies } from '../support/over-stand-in.ts';
import { openSocket } from '../support/socket.ts';
import { kinds, type Line } from '../support/stand-in.ts';

const bearer = { authorization: 'Bearer demo-key' };
const key = { 'x-api-key': 'demo-key' };

/** One failure would have the upstream left alone. */
const oneFailure = { breaker: { failures: 1, rest: '60s' } };

/** Fails where something does not happen: a bound that no machine needs, and a leak does not keep. */
function soon<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('It did not happen')), 5_000);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Steps up to the first word, that one not included. */
const opening = ({ steps }: Line) =>
  steps.slice(
    0,
    Math.max(
      0,
      steps.findIndex(({ says }) => says !== ''),
    ),
  );

const firstWord = ({ steps }: Line) => steps.find(({ says }) => says !== '') ?? { wire: '', says: '' };

describe.each(kinds)('over an upstream of the kind $name', (kind) => {
  const place = overStandIn(kind, oneFailure);

  const left = () => readMetric(place.gateway.url, 'dragoman_requests_total', { code: 'client-closed' });

  /** A client that can leave at any time. */
  function ask(path: string, json: object) {
    const controller = new AbortController();
    const response = fetch(`${place.gateway.url}${path}`, {
      method: 'POST',
      headers: { ...bearer, 'content-type': 'application/json' },
      body: JSON.stringify(json),
      signal: controller.signal,
    });
    response.catch(() => undefined);
    return { response, leave: () => controller.abort() };
  }

  /** The upstream hears of it, nobody is to blame, nothing stays open, and the next turn is answered. */
  async function expectLeft(line: Line, before: number): Promise<void> {
    expect(await soon(line.closed)).toBe('broken');
    await expect.poll(left).toBe(before + 1);
    for (const gauge of ['dragoman_backend_open', 'dragoman_open_streams', 'dragoman_breaker_open']) {
      await expect.poll(() => readMetric(place.gateway.url, gauge)).toBe(0);
    }
    const json = { message: 'Hello' };
    const asked = send('POST', `${place.gateway.url}/v1/api/chat/support-agent`, { headers: bearer, json });
    const next = await place.upstream.next();
    for (const { wire } of next.steps) next.send(wire);
    next.end();
    expect((await asked).body.data.response).toBe('One two');
  }

  it.each(['before the head', 'before the first word', 'in the middle'])(
    'a client of whole answers that leaves %s stops it (failures 21, 22, 23 and 24)',
    async (moment) => {
      const before = await left();
      const client = ask('/v1/api/chat/support-agent', { message: 'Hello' });
      const line = await place.upstream.next();
      const steps = line.isDocument ? line.steps.slice(0, 1) : opening(line);
      if (moment !== 'before the head') for (const { wire } of steps) line.send(wire);
      if (moment === 'in the middle') line.send((line.isDocument ? line.steps[1] : firstWord(line))?.wire ?? '');
      client.leave();
      await expectLeft(line, before);
    },
  );

  it.each(['before the head', 'before the first word', 'after the first word'])(
    'a client of a stream that leaves %s stops it, and what was said is kept (failures 21, 22, 24, 27 and 28)',
    async (moment) => {
      const before = await left();
      const session = `sess_${randomUUID()}`;
      const client = ask('/api/v1/chat/stream', { site_key: 'sk_demo', session_id: session, message: 'Hello' });
      const line = await place.upstream.next();
      const steps = line.isDocument ? line.steps.slice(0, 1) : opening(line);
      if (moment !== 'before the head') for (const { wire } of steps) line.send(wire);
      const speaks = moment === 'after the first word' && !line.isDocument;
      const { wire, says } = firstWord(line);
      if (speaks) {
        line.send(wire);
        await (await client.response).body?.getReader().read();
      }
      client.leave();
      await expectLeft(line, before);
      expect(await storedReplies(place.gateway, session)).toEqual(
        speaks ? [{ text: says, status: 'interrupted' }] : [],
      );
    },
  );

  itWhere(kind.streams)('a client that leaves unread words behind stops it (failures 29 and 33)', async () => {
    const before = await left();
    const session = `sess_${randomUUID()}`;
    const body = JSON.stringify({ site_key: 'sk_demo', session_id: session, message: 'Hello' });
    const client = connect(Number(new URL(place.gateway.url).port), '127.0.0.1');
    client.on('error', () => undefined);
    client.write(
      'POST /api/v1/chat/stream HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    const line = await place.upstream.next();
    for (const { wire } of opening(line)) line.send(wire);
    const word = line.word?.('\u0001'.repeat(10_000)) ?? '';
    for (let times = 0; times < 100; times += 1) line.send(word);
    await once(client, 'readable');
    client.destroy();
    await expectLeft(line, before);
    expect(await storedReplies(place.gateway, session)).toMatchObject([{ status: 'interrupted' }]);
  });
});

/** A client whose words can be waited for one by one. */
interface Listener {
  /** The next words. */
  heard(): Promise<string>;
  leave(): void | Promise<void>;
}

async function read(opened: ReturnType<typeof openStream>, wordsIn: (event: any) => string | undefined) {
  const stream = await opened;
  for (;;) {
    const message = await stream.next();
    if (message === undefined) throw new Error('The stream has ended');
    const [event] = dataOf([message]);
    const words = wordsIn(event);
    if (words) return words;
  }
}

function listenTo(opened: ReturnType<typeof openStream>, wordsIn: (event: any) => string | undefined): Listener {
  return { heard: () => read(opened, wordsIn), leave: async () => (await opened).leave() };
}

const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';

const norths: Readonly<Record<string, (gateway: TestGateway) => Promise<Listener>>> = {
  async widget({ url }) {
    const json = { site_key: 'sk_demo', session_id: `sess_${randomUUID()}`, message: 'Hello' };
    return listenTo(openStream(`${url}/api/v1/chat/stream`, { json }), ({ content }) => content);
  },
  async 'agent-slug'({ url }) {
    const json = { message: 'Hello', stream: true };
    return listenTo(openStream(`${url}/v1/api/chat/support-agent`, { headers: bearer, json }), ({ chunk }) => chunk);
  },
  async openai({ url }) {
    const json = { model: 'support-agent', messages: [{ role: 'user', content: 'Hello' }], stream: true };
    return listenTo(
      openStream(`${url}/v1/chat/completions`, { headers: bearer, json }),
      ({ choices }) => choices?.[0]?.delta.content,
    );
  },
  async homie({ url }) {
    const chat = `${url}/v1/chats/${(await send('POST', `${url}/v1/chats`, { headers: key, json: { chatbotId } })).body.id}`;
    const opened = openStream(`${chat}/events`, { headers: key });
    await opened;
    void send('POST', `${chat}/messages`, { headers: key, json: { message: 'Hello', currentUrl: '' } });
    return listenTo(opened, ({ content }) => content);
  },
  async 'tenant-chats'({ url, webSocketUrl }) {
    const user = `user-${randomUUID()}`;
    const { body } = await send('POST', `${url}/api/v1/chats/`, { headers: key, json: { user_id: user } });
    const socket = openSocket(`${webSocketUrl}/ws/chat?api_key=demo-key&user_id=${user}&chat_id=${body.id}`);
    await socket.until('connection_established');
    socket.send({ content: 'Hello' });
    return {
      heard: async () => (await socket.until('message_stream_token')).at(-1).token,
      leave: () => socket.close(),
    };
  },
};

describe.each(kinds.filter(({ streams }) => streams))('every word of an upstream of the kind $name', (kind) => {
  const place = overStandIn(kind, oneFailure);

  // No clock: the next word is said once this one was heard.
  it.each(Object.entries(norths))(
    'is with a client of %s before the next is said (failure 9)',
    async (_name, north) => {
      const listening = north(place.gateway);
      const line = await place.upstream.next();
      const listener = await listening;
      for (const { wire, says } of line.steps) {
        line.send(wire);
        if (says !== '') expect(await listener.heard()).toBe(says);
      }
      line.end();
      await listener.leave();
    },
  );
});
