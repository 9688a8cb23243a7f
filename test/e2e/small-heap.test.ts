import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { type SmallGateway, startSmall } from '../support/flood.ts';
import { type RawRequest, toBytes } from '../support/fuzz-wire.ts';
import { readMetric } from '../support/metrics.ts';

/** In a container of twice the heap. */
const mostMemory = 480_000_000;
const mostWaitMs = 1_000;

const key = { authorization: 'Bearer demo-key', 'x-api-key': 'demo-key', 'content-type': 'application/json' };
const agentPath = '/v1/api/chat/support-agent';
const handshake = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

const get = (target: string, headers: Record<string, string> = {}): RawRequest => ({ method: 'GET', target, headers });
const post = (target: string, body: object, headers: Record<string, string> = key): RawRequest => ({
  method: 'POST',
  target,
  headers,
  body: JSON.stringify(body),
});
const ask = (message: string, extra: object = {}, headers: Record<string, string> = {}): RawRequest =>
  post(agentPath, { message, ...extra }, { ...key, ...headers });
const times = (request: RawRequest, count: number): Buffer => Buffer.concat(Array(count).fill(toBytes(request)));

/** Turns of as many sessions: of one, the second would wait for the first. */
const widgetTurns = (count: number): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, at) =>
      toBytes(post('/api/v1/chat/stream', { site_key: 'sk_demo', session_id: `sess_${at}`, message: 'Hi' }, {})),
    ),
  );
const unfinished = (target: string, headers: Record<string, string>, bytes: number): Buffer =>
  toBytes({
    method: 'POST',
    target,
    headers: { ...headers, 'content-length': '1048576' },
    body: `{"message":"${'x'.repeat(bytes)}`,
  });
const junk = Buffer.from(`${'no HTTP '.repeat(50)}\r\n`.repeat(100));

/** Says what a visitor asks for: so much at once, or without end. */
const talkative = `export default () => ({
  async *answer({ text }, { replyId }) {
    const [kind, size = 0] = text.split(' ');
    yield [{ type: 'reply-start', replyId }];
    if (kind === 'quiet') await new Promise((resolve) => setTimeout(resolve, 3_000));
    for (let said = 0; kind === 'endless' || said < size; said += 10_000) {
      yield [{ type: 'text-delta', text: 'x'.repeat(10_000) }];
      await new Promise((resolve) => setTimeout(resolve));
    }
    yield [{ type: 'reply-end', finishReason: 'stop' }];
  },
});`;

/** A frame as a client sends it, masked with zeros. */
function frameOf(opcode: number, text: string): Buffer {
  const content = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | content.length, 0, 0, 0, 0]), content]);
}

type Flood = readonly [what: string, connections: number, bytes: Buffer];

let gateway: SmallGateway;

/** Has strangers send what they like and read nothing, and looks after everybody else meanwhile. */
async function withstand(...[, connections, bytes]: Flood): Promise<void> {
  const sockets = await gateway.connect(connections);
  try {
    for (const socket of sockets) socket.write(bytes);
    await staysWell();
  } finally {
    await leave(sockets);
  }
  expect(await gateway.peakMemory()).toBeLessThan(mostMemory);

  await expect.poll(() => readMetric(gateway.metricsUrl, 'dragoman_open_streams')).toBe(0);
  expect(gateway.program.child.exitCode).toBeNull();
}

/** Others have the machine, too: it is looked at up to three times, while the flood goes on, before a wait is held to be ours. */
async function staysWell(): Promise<void> {
  const waits: number[] = [];
  while (waits.length < 3 && !waits.some((wait) => wait < mostWaitMs)) waits.push(await gateway.worstHealth());
  expect(Math.min(...waits)).toBeLessThan(mostWaitMs);
}

async function leave(sockets: readonly Socket[]): Promise<void> {
  await Promise.all(sockets.filter(({ closed }) => !closed).map((socket) => once(socket.destroy(), 'close')));
}

function withTalkative(demo: any): void {
  demo.backends.talkative = { type: 'module', path: './talkative.mjs' };
  demo.tenants[0].agents[0].route = { backend: 'talkative' };
}

describe('at a heap of 256 MB, with the limits by default, health is told within a second while nobody reads', () => {
  beforeAll(async () => {
    gateway = await startSmall();
  });
  afterAll(() => gateway.close());

  it.each<Flood>([
    ['3,000 calls for metrics on each of 20 connections', 20, times(get('/metrics'), 3_000)],
    ['3,000 widget turns on each of 12 connections', 12, widgetTurns(3_000)],
  ])('%s', withstand);
});

describe('at a heap of 256 MB, without a limit of the address, health is told within a second while nobody reads', () => {
  beforeAll(async () => {
    gateway = await startSmall({
      files: { 'talkative.mjs': talkative },
      configure(demo) {
        demo.limits = { address: 'off' };
        withTalkative(demo);
      },
    });
  });
  afterAll(() => gateway.close());

  it.each<Flood>([
    ['3,000 calls for metrics on each of 20 connections', 20, times(get('/metrics'), 3_000)],
    ['30 calls for metrics on each of 200 connections', 200, times(get('/metrics'), 30)],
    ['3,000 widget turns on each of 12 connections', 12, widgetTurns(3_000)],
    ['descriptions of the API', 20, times(get('/openapi.json'), 3_000)],
    ['images', 20, times(get('/uploads/1b4e28ba-2fa1-41d2-883f-0016d3cca427.png'), 3_000)],
    ['unknown paths', 20, times(get('/nowhere'), 3_000)],
    ['heads', 20, times({ ...get('/openapi.json'), method: 'HEAD' }, 3_000)],
    ['what is no HTTP', 300, junk],
    ['bodies that ask for leave', 20, times(ask('small 1', {}, { expect: '100-continue' }), 1_000)],
    [
      'handshakes behind a call',
      20,
      Buffer.concat([times(get('/metrics'), 2), times(get('/ws/chat', handshake), 1_000)]),
    ],
    ['bodies that are never finished', 400, unfinished(agentPath, key, 150_000)],
    ['bodies of nobody that are never finished', 400, unfinished('/api/v1/chat/stream', {}, 150_000)],
    [
      'heads that are never finished',
      1_500,
      Buffer.from(`GET /healthz HTTP/1.1\r\nHost: gateway\r\nX: ${'x'.repeat(15_000)}`),
    ],
    ['long answers', 100, times(ask('long 900000'), 4)],
    ['long streams', 100, times(ask('long 900000', { stream: true }), 4)],
    ['streams without end', 100, times(ask('endless', { stream: true }), 1)],
    ['answers without end', 100, times(ask('endless'), 1)],
  ])('%s', withstand);

  it('what is sent ahead on many connections, of which no more is held than there is room for', async () => {
    const ahead = Buffer.concat([times(ask('quiet'), 1), times(get(`/nowhere?${'x'.repeat(10_000)}`), 6)]);
    const sockets = await gateway.connect(700);
    for (const socket of sockets) socket.write(ahead);
    const shed = () => readMetric(gateway.metricsUrl, 'dragoman_shed_total', { reason: 'pipelining' });
    await expect.poll(shed, { timeout: 20_000 }).toBeGreaterThan(0);
    await leave(sockets);
    expect(await gateway.peakMemory()).toBeLessThan(mostMemory);
  });

  it.each([
    ['pings', frameOf(0x9, 'x'.repeat(100)), 10_000],
    ['turns', frameOf(0x1, '{"content":"long 20000"}'), 5],
    ['turns without a pause', frameOf(0x1, '{"content":"Hi"}'), 1_000],
    ['what is no turn', frameOf(0x1, '{"content":7}'), 1_000],
    [
      'frames that never end',
      Buffer.concat([frameOf(0x1, ''), Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0xf, 0, 0])]),
      1,
    ],
  ])('WebSockets: %s', async (_what, frame, count) => {
    const chat = (await send('POST', `${gateway.url}/api/v1/chats/`, { headers: key, json: { user_id: 'ann' } })).body
      .id;
    const opening = toBytes(get(`/ws/chat?api_key=demo-key&user_id=ann&chat_id=${chat}`, handshake));
    await withstand('', 20, Buffer.concat([opening, ...Array<Buffer>(count).fill(frame)]));
  });
});

describe('at a heap of 256 MB, from one address', () => {
  beforeAll(async () => {
    gateway = await startSmall();
  });
  afterAll(() => gateway.close());

  const newChat = async (): Promise<string> =>
    (await send('POST', `${gateway.url}/api/v1/chats/`, { headers: key, json: { user_id: 'ann' } })).body.id;
  const follow = (chat: string): RawRequest => get(`/v1/chats/${chat}/events`, { 'x-api-key': 'demo-key' });
  const say = (chat: string, text: string) =>
    send('POST', `${gateway.url}/admin/v1/conversations/${chat}/messages`, {
      headers: { authorization: 'Bearer demo-admin' },
      json: { text },
    });

  /** How many of the listeners have been told this. */
  function listen(sockets: readonly Socket[], word: string): () => number {
    const told = new Set<Socket>();
    for (const socket of sockets) {
      let tail = '';
      socket.on('data', (bytes: Buffer) => {
        tail = (tail + bytes.toString('latin1')).slice(-5_000);
        if (tail.includes(word)) told.add(socket);
      });
    }
    return () => told.size;
  }

  it('2,000 live streams are told all', async () => {
    const chats = await Promise.all(Array.from({ length: 40 }, newChat));
    const sockets = await gateway.connect(2_000);
    const told = listen(sockets, 'Good morning');
    for (const [at, socket] of sockets.entries()) socket.resume().write(toBytes(follow(chats[at % 40] ?? '')));
    await expect.poll(() => readMetric(gateway.metricsUrl, 'dragoman_open_streams'), { timeout: 20_000 }).toBe(2_000);
    await Promise.all(chats.map((chat) => say(chat, 'Good morning')));
    await expect.poll(told, { timeout: 20_000 }).toBe(2_000);
    await staysWell();
    expect(await gateway.peakMemory()).toBeLessThan(mostMemory);
    await leave(sockets);
    await expect.poll(() => readMetric(gateway.metricsUrl, 'dragoman_open_streams')).toBe(0);
  });

  it('of 3,000 followers of one chat a hundred are told, and the others refused', async () => {
    const chat = await newChat();
    const sockets = await gateway.connect(3_000);
    const refused = listen(sockets, 'HTTP/1.1 429');
    const told = listen(sockets, 'turn number 5');
    for (const socket of sockets) socket.resume().write(toBytes(follow(chat)));
    await expect.poll(refused, { timeout: 20_000 }).toBe(2_900);
    const before = await gateway.cpuSeconds();
    for (let turn = 1; turn <= 5; turn += 1) await say(chat, `turn number ${turn}`);
    await expect.poll(told).toBe(100);
    // Unbounded, it was 15 s.
    expect((await gateway.cpuSeconds()) - before).toBeLessThan(2);
    await leave(sockets);
  });
});
