import { afterEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from '../support/program.mjs';
import { openSocket } from '../support/socket.ts';
import { createRawServer, type RawServer } from '../support/vendor-server.ts';

const key = { 'x-api-key': 'demo-key', authorization: 'Bearer demo-key' };
const agentPath = '/v1/api/chat/support-agent';
const widget = { site_key: 'sk_demo', session_id: 'sess_1', message: 'Hello' };
const completion = { model: 'support-agent', stream: true, messages: [{ role: 'user', content: 'Hello' }] };

let program: StartedProgram;
let upstream: RawServer;
let folder: string;
afterEach(async () => {
  await program.kill();
  await upstream.close();
  await removeFolder(folder);
});

/** The program over an upstream that a test answers for. */
async function start(drain: string): Promise<void> {
  upstream = await createRawServer();
  folder = await emptyFolder();
  const path = await writeConfig(folder, (config) => {
    config.drain = drain;
    config.log.level = 'info';
    config.backends.slow = { type: 'upstream', dialect: 'agent-slug', baseUrl: upstream.url, agent: 'a', apiKey: 'k' };
    for (const agent of config.tenants[0].agents) agent.route = { backend: 'slow' };
  });
  program = await startProgram({ environment: { DRAGOMAN_CONFIG: path } });
}

const readiness = async () => (await send('GET', `${program.url}/readyz`)).status;
const stop = async (): Promise<void> => {
  program.child.kill('SIGTERM');
  await expect.poll(readiness).toBe(503);
};

/** Everything that can run, each asked to the point where its upstream has begun to answer. */
async function runAll() {
  const { url } = program;
  const { body: chat } = await send('POST', `${url}/v1/chats`, { headers: key, json: { chatbotId } });
  const { body: room } = await send('POST', `${url}/api/v1/chats/`, { headers: key, json: { user_id: 'ann' } });
  const socket = openSocket(`${url.replace('http', 'ws')}/ws/chat?api_key=demo-key&user_id=ann&chat_id=${room.id}`);
  await socket.until('connection_established');
  const events = await openStream(`${url}/v1/chats/${chat.id}/events`, { headers: key });
  const ask = (path: string, json: object) => send('POST', `${url}${path}`, { headers: key, json });
  const stream = (path: string, json: object) => openStream(`${url}${path}`, { headers: key, json });
  const wholes = [
    ask(`/v1/chats/${chat.id}/messages`, { message: 'Hello', currentUrl: 'https://store.com/' }),
    ask('/v1/chat', { message: 'Hello' }),
    ask(agentPath, { message: 'Hello' }),
  ];
  const streams = [
    stream(agentPath, { message: 'Hello', stream: true }),
    stream('/api/v1/chat/stream', widget),
    stream('/v1/chat/completions', completion),
  ];
  socket.send({ content: 'Hello' });
  const asked: Awaited<ReturnType<RawServer['next']>>[] = [];
  for (let replies = 0; replies < 7; replies += 1) asked.push(await upstream.next());
  for (const reply of asked) if (reply.json.stream) reply.write('data: {"chunk":"Half, "}\n\n');
  return {
    wholes,
    streams: await Promise.all(streams),
    socket,
    events,
    finish(): void {
      const data = { response: 'whole', conversationId: 'conv_1', metadata: { model: 'm', tokens: 1 } };
      for (const reply of asked) {
        if (reply.json.stream) reply.end('data: {"chunk":"whole"}\n\ndata: [DONE]\n\n');
        else reply.answer(200, { data, error: null });
      }
    },
  };
}

describe('a program that is told to end', () => {
  it('ends all that runs as it would have ended, refuses whoever comes, and leaves', async () => {
    await start('60s');
    const { wholes, streams, socket, events, finish } = await runAll();
    await stop();
    for (const path of ['/v1/chats', '/v1/chat', agentPath, '/api/v1/chats/', '/api/v1/chat/stream']) {
      const { status, headers } = await send('POST', `${program.url}${path}`, { headers: key, json: {} });
      expect([path, status, headers.get('connection')]).toEqual([path, 503, 'close']);
    }
    finish();
    for (const whole of wholes) {
      const { status, body } = await whole;
      expect([Math.floor(status / 100), JSON.stringify(body)]).toEqual([2, expect.stringContaining('whole')]);
    }
    for (const stream of streams) {
      const told = JSON.stringify(dataOf(await stream.rest()));
      expect(told).toMatch(/whole/);
      expect(told).not.toMatch(/"error"/);
    }
    expect((await socket.until('message_stream_ended')).at(-1)).toMatchObject({ content: 'Half, whole' });
    expect(await socket.closed).toMatchObject({ code: 1001 });
    expect(dataOf(await events.rest()).at(-1)).toMatchObject({ content: 'Half, whole', status: 'completed' });
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('tells each that it has to cut off, after the time that the configuration gives', async () => {
    await start('100ms');
    const { wholes, streams, socket } = await runAll();
    program.child.kill('SIGTERM');
    for (const whole of wholes) expect((await whole).status).toBe(503);
    for (const stream of streams)
      expect(JSON.stringify(dataOf(await stream.rest()))).toContain('The service is closing');
    await socket.until('error');
    expect(await socket.closed).toMatchObject({ code: 1001 });
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('and told again ends at once', async () => {
    await start('60s');
    const asking = openStream(`${program.url}${agentPath}`, { headers: key, json: { message: 'Hi', stream: true } });
    (await upstream.next()).write('data: {"chunk":"Half"}\n\n');
    const stream = await asking;
    await stop();
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 130, signal: null });
    await expect(stream.rest()).rejects.toThrow();
  });
});

const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
