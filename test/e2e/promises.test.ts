import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, type StartedProgram, startProgram, writeConfig } from '../support/program.mjs';
import { startRedis } from '../support/redis-server.ts';

/** Turns that are counted, after as many that are not: what a first call makes is made once. */
const turns = 40;
const frames = { few: 4, many: 44 };

let folder: string;
let vendor: Server;
let program: StartedProgram;

/** Answers whole, or in as many frames as the question asks for, each in a write of its own. */
async function serveVendor(): Promise<string> {
  const choice = (delta: object, finish: string | null) =>
    JSON.stringify({ model: 'm', choices: [{ index: 0, delta, message: delta, finish_reason: finish }] });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
      readonly stream: boolean;
      readonly messages: readonly { readonly content: string }[];
    };
    if (!body.stream) {
      response.setHeader('content-type', 'application/json').end(choice({ content: 'Yes.' }, 'stop'));
      return;
    }
    response.setHeader('content-type', 'text/event-stream');
    for (let left = Number(body.messages.at(-1)?.content); left > 0; left -= 1) {
      response.write(`data: ${choice({ content: 'Yes. ' }, null)}\n\n`);
      await wait(2);
    }
    response.end(`data: ${choice({}, 'stop')}\n\ndata: [DONE]\n\n`);
  };
  vendor = createServer((request, response) => void serve(request, response)).listen(0, '127.0.0.1');
  await once(vendor, 'listening');
  return `http://127.0.0.1:${(vendor.address() as AddressInfo).port}/v1`;
}

/** Starts the program over a store. */
async function start(store?: object): Promise<void> {
  const baseUrl = await serveVendor();
  folder = await emptyFolder();
  const config = await writeConfig(folder, (demo) => {
    if (store !== undefined) demo.store = store;
    demo.backends.llm = { type: 'openai', baseUrl, apiKey: 'k', model: 'm' };
    for (const key of demo.tenants[0].keys) key.limits = { requests: { points: 1_000_000, seconds: 3_600 } };
    for (const agent of demo.tenants[0].agents) agent.route = { backend: 'llm' };
  });
  program = await startProgram({
    environment: { DRAGOMAN_CONFIG: config },
    nodeArguments: ['--import', './test/support/count-promises.mjs'],
  });
}
async function stop(): Promise<void> {
  await program.stop();
  vendor.close();
  await removeFolder(folder);
}

async function promisesSoFar(): Promise<number> {
  const before = program.printed.stderr.length;
  program.child.kill('SIGUSR2');
  const count = () => /promises: (\d+)\n/.exec(program.printed.stderr.slice(before))?.[1];
  await expect.poll(count).toBeDefined();
  return Number(count());
}

async function say(content: string, stream: boolean, key?: string): Promise<void> {
  const answer = await send('POST', `${program.url}/v1/chat/completions`, {
    headers: { authorization: 'Bearer demo-key', ...(key !== undefined && { 'idempotency-key': key }) },
    json: { model: 'support-agent', messages: [{ role: 'user', content }], stream },
  });
  expect(answer.status).toBe(200);
}

/** So often `ask` is called before it is counted, and while it is. */
async function promisesOf(ask: () => Promise<void>): Promise<number> {
  for (let turn = 0; turn < turns; turn += 1) await ask();
  const before = await promisesSoFar();
  for (let turn = 0; turn < turns; turn += 1) await ask();
  return ((await promisesSoFar()) - before) / turns;
}
async function promisesABatch(ask: (content: string) => Promise<void>): Promise<number> {
  const few = await promisesOf(() => ask(String(frames.few)));
  const many = await promisesOf(() => ask(String(frames.many)));
  return (many - few) / (frames.many - frames.few);
}
const streamed = (content: string) => say(content, true);
const withKey = (content: string) => say(content, true, randomUUID());
/** Two read one reply. */
async function joined(content: string): Promise<void> {
  const key = randomUUID();
  await Promise.all([say(content, true, key), say(content, true, key)]);
}

describe('over the embedded store', { timeout: 120_000 }, () => {
  beforeEach(() => start());
  afterEach(stop);

  it('a plain turn over the embedded store makes at most 62 promises', async () => {
    expect(await promisesOf(() => say('Is it open?', false))).toBeLessThanOrEqual(62);
  });

  it('a batch of a streamed reply makes at most 9 promises', async () => {
    expect(await promisesABatch(streamed)).toBeLessThanOrEqual(9);
  });

  it('a batch of a reply with an idempotency key makes at most 11 promises', async () => {
    expect(await promisesABatch(withKey)).toBeLessThanOrEqual(11);
  });

  it('a batch that a second caller reads too makes at most 10 promises for each', async () => {
    expect((await promisesABatch(joined)) / 2).toBeLessThanOrEqual(10);
  });
});

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('over Redis', { timeout: 120_000 }, () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeEach(async () => {
    redis = await startRedis();
    await start({ engine: 'redis', url: redis.url });
  });
  afterEach(async () => {
    await stop();
    await redis.remove();
  });

  it('a plain turn that begins a conversation makes at most 104 promises', async () => {
    expect(await promisesOf(() => say('Is it open?', false))).toBeLessThanOrEqual(104);
  });

  it('a batch of a streamed reply makes at most 9 promises', async () => {
    expect(await promisesABatch(streamed)).toBeLessThanOrEqual(9);
  });
});
