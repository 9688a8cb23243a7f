import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from '../support/program.mjs';
import { freePort, type RedisServer, startRedis } from '../support/redis-server.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });

interface Balancer {
  readonly url: string;
  /** How many answers of a target are on their way. */
  underWay(target: string): number;
  close(): void;
}

/** A target that has refused is left alone for so long, in milliseconds. */
const restMs = 1_000;

/**
 * A balancer as there are many: one after the other, over connections that are kept; what is refused, or is answered by 503 with
 * `Connection: close`, is asked of the next, and whoever did so is not asked for a while. A request that any of them may have taken
 * is not sent again.
 */
async function startBalancer(targets: readonly string[]): Promise<Balancer> {
  let turn = 0;
  const restsUntil = new Map<string, number>();
  const open = new Map<string, number>();
  const count = (target: string, difference: number) => open.set(target, (open.get(target) ?? 0) + difference);
  const isThere = (target: string): boolean => (restsUntil.get(target) ?? 0) < performance.now();
  const next = (): string => {
    const there = targets.filter(isThere);
    const choice = there.length > 0 ? there : targets;
    turn += 1;
    return choice[turn % choice.length] ?? '';
  };
  const server: Server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => pass(Buffer.concat(chunks), targets.length * 2));
    const pass = (body: Buffer, attempts: number): void => {
      const target = next();
      const asking = request(`${target}${incoming.url ?? ''}`, { method: incoming.method, headers: incoming.headers });
      let isAnswered = false;
      asking.once('response', (answer: IncomingMessage) => {
        isAnswered = true;
        if (answer.statusCode === 503 && answer.headers.connection === 'close' && attempts > 1) {
          answer.resume();
          restsUntil.set(target, performance.now() + restMs);
          pass(body, attempts - 1);
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        count(target, 1);
        answer.once('close', () => count(target, -1));
        answer.pipe(outgoing);
        answer.once('aborted', () => outgoing.destroy());
      });
      asking.once('error', (failure: NodeJS.ErrnoException) => {
        // Nor did one that never came about, or a kept connection that was closed before anything was answered on it: RFC 9110, 9.2.2 and
        // RFC 9112, 9.3.1.
        const isUntaken = failure.syscall === 'connect' || (asking.reusedSocket && failure.code === 'ECONNRESET');
        restsUntil.set(target, performance.now() + restMs);
        if (!isAnswered && isUntaken && attempts > 1) void setTimeout(20).then(() => pass(body, attempts - 1));
        else outgoing.destroy(failure);
      });
      asking.end(body);
    };
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    underWay: (target) => open.get(target) ?? 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe.runIf(isComplete)('a rolling restart under load', { timeout: 180_000 }, () => {
  let redis: RedisServer;
  let folder: string;
  let balancer: Balancer;
  let upstream: Server;
  const programs = new Map<number, StartedProgram>();
  let start: (port: number) => Promise<void>;

  beforeAll(async () => {
    redis = await startRedis();
    folder = await emptyFolder();
    upstream = createServer((incoming, outgoing) => void answerSlowly(incoming, outgoing)).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const { port: upstreamPort } = upstream.address() as AddressInfo; // it listens on TCP
    const path = await writeConfig(folder, (config) => {
      config.store = { engine: 'redis', url: redis.url };
      config.drain = '20s';
      const baseUrl = `http://127.0.0.1:${upstreamPort}`;
      config.backends.slow = { type: 'upstream', dialect: 'agent-slug', baseUrl, agent: 'a', apiKey: 'k' };
      for (const agent of config.tenants[0].agents) agent.route = { backend: 'slow' };
    });
    start = async (port) => {
      const environment = { DRAGOMAN_CONFIG: path, PORT: String(port) };
      programs.set(port, await startProgram({ environment }));
    };
    const ports = [await freePort(), await freePort(), await freePort()];
    for (const port of ports) await start(port);
    balancer = await startBalancer(ports.map((port) => `http://127.0.0.1:${port}`));
  });
  afterAll(async () => {
    balancer.close();
    await Promise.all([...programs.values()].map((program) => program.kill()));
    upstream.closeAllConnections();
    upstream.close();
    await redis.remove();
    await removeFolder(folder);
  });

  const agent = () => `${balancer.url}/v1/api/chat/support-agent`;
  const headers = { authorization: 'Bearer demo-key' };
  const ask = async (): Promise<string> => {
    const { status, body } = await send('POST', agent(), { headers, json: { message: 'Hello' } });
    return `${status} ${body.data?.response ?? ''}`;
  };
  const stream = async (): Promise<string> => {
    const opened = await openStream(agent(), { headers, json: { message: 'Hello', stream: true } });
    const told = dataOf(await opened.rest());
    return `${opened.status} ${told.map(({ chunk = '' }) => chunk).join('')} ${told.at(-1)}`;
  };

  const widget = async (): Promise<string> => {
    const session = { site_key: 'sk_demo', session_id: randomUUID(), message: 'Hello', message_id: randomUUID() };
    const opened = await openStream(`${balancer.url}/api/v1/chat/stream`, { json: session });
    const told = dataOf(await opened.rest());
    return `${opened.status} ${told.map(({ content = '' }) => content).join('')} ${told.at(-1)?.type}`;
  };

  it('loses no request and cuts no stream', async () => {
    const over = { is: false };
    const outcomes = { ask: [] as string[], stream: [] as string[], widget: [] as string[] };
    const keepOn = async (kind: keyof typeof outcomes, call: () => Promise<string>): Promise<void> => {
      while (!over.is)
        outcomes[kind].push(
          await call().catch((failure: Error) => `lost: ${failure.message} ${String(failure.cause)}`),
        );
    };
    const load = [
      keepOn('ask', ask),
      keepOn('ask', ask),
      keepOn('stream', stream),
      keepOn('stream', stream),
      keepOn('widget', widget),
      keepOn('widget', widget),
    ];
    const restarts: object[] = [];
    for (const [port, program] of programs) {
      const before = outcomes.stream.length;
      await expect.poll(() => outcomes.stream.length, { timeout: 60_000 }).toBeGreaterThan(before + 1);
      await expect.poll(() => balancer.underWay(program.url), { interval: 5, timeout: 60_000 }).toBeGreaterThan(0);
      restarts.push(await program.stop());
      await start(port);
    }
    over.is = true;
    await Promise.all(load);
    expect(restarts).toEqual([1, 2, 3].map(() => ({ code: 0, signal: null })));
    expect(new Set(outcomes.ask)).toEqual(new Set(['200 One two three']));
    expect(new Set(outcomes.stream)).toEqual(new Set(['200 One two three [DONE]']));
    expect(new Set(outcomes.widget)).toEqual(new Set(['200 One two three done']));
    expect(outcomes.ask.length).toBeGreaterThan(6);
  });
});

/** An upstream that takes half a second for three words, one after the other where it is asked so. */
async function answerSlowly(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { stream } = Object(await json(incoming));
  const words = ['One ', 'two ', 'three'];
  if (stream) outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  for (const chunk of words) {
    await setTimeout(150);
    if (stream) outgoing.write(`data: ${JSON.stringify({ chunk })}\n\n`);
  }
  const data = { response: words.join(''), conversationId: 'conv_1', metadata: { model: 'm', tokens: 3 } };
  outgoing.end(stream ? 'data: [DONE]\n\n' : JSON.stringify({ data, error: null }));
}
