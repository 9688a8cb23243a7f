// What followed conversations cost: node test/bench/feed.mjs [conversations] [seconds] [writes a second and conversation]
//
// Two processes over one Redis. Each follows one half of the conversations, whose replies the other one gives: every step crosses
// processes, and no process reads a conversation of the other half. Prints the rate, the delay from word to follower, and the CPU.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { createFollower } from '../../dist/conversations/feed/difference.js';
import { createFeed } from '../../dist/conversations/feed.js';
import { openRedisStorage } from '../../dist/stores/redis/storage.js';
import { emptyFolder, removeFolder } from '../support/program.mjs';
import { startRedis } from './redis.mjs';

const [conversations, seconds, rate] = [10_000, 10, 2].map((usual, index) => Number(process.argv[index + 2] ?? usual));

if (process.send === undefined) await supervise();
else {
  process.once('disconnect', () => process.exit()); // by itself, so that a profile of it is written
  await work(JSON.parse(process.env.FEED_BENCH ?? '{}'));
}

async function supervise() {
  const folder = await emptyFolder();
  const redis = await startRedis({ folder, durable: false });
  const client = new Redis(redis.url);
  const ids = Array.from({ length: conversations }, (_, index) => uuidOf(index));
  const halves = [ids.filter((_, index) => index % 2 === 0), ids.filter((_, index) => index % 2 === 1)];
  const workers = halves.map((followed, index) => {
    const path = fileURLToPath(import.meta.url);
    const task = { url: redis.url, index, followed: followed.length, seconds, rate, conversations };
    return fork(path, [String(conversations), String(seconds), String(rate)], {
      env: { ...process.env, FEED_BENCH: JSON.stringify(task) },
    });
  });
  const hear = (kind) =>
    Promise.all(
      workers.map(async (worker) => {
        for (;;) {
          const [message] = await once(worker, 'message');
          if (message.kind === kind) return message;
        }
      }),
    );
  const tell = (kind) => workers.forEach((worker) => worker.send({ kind }));
  await hear('opened');
  tell('follow');
  await hear('following');
  await client.config('RESETSTAT');
  const before = await cpuOf(client);
  tell('talk');
  const results = await hear('done');
  const spent = (await cpuOf(client)) - before;
  const stats = await client.info('commandstats');
  for (const { writes, heard, foreign, delays, cpu } of results) {
    const [p50, p99] = delays;
    console.log(
      `${writes} steps said in ${seconds} s, ${heard} heard of the other process, ${foreign} of conversations that are not followed; ` +
        `delay p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms; CPU ${cpu.toFixed(2)} cores`,
    );
  }
  const said = results.reduce((sum, { writes }) => sum + writes, 0);
  console.log(
    `${conversations} conversations: ${(said / seconds).toFixed(0)} steps a second, Redis ${(spent / seconds).toFixed(2)} cores`,
  );
  for (const line of stats.split('\r\n')) if (/evalsha|publish/.test(line)) console.log(line.split(',rejected')[0]);
  await Promise.all(workers.map((worker) => (worker.disconnect(), once(worker, 'exit'))));
  client.disconnect();
  await redis.stop();
  await removeFolder(folder);
}

async function work({ url, index, followed, seconds: long, rate: often }) {
  const nothing = () => undefined;
  const counting = { events: { whenAway: nothing, whenBack: nothing, whenInsured: nothing } };
  const storage = await openRedisStorage({ place: { url }, prefix: 'bench', counting });
  const feed = createFeed();
  const foreign = { count: 0 };
  const mine = new Set(Array.from({ length: followed }, (_, nth) => uuidOf(nth * 2 + index)));
  const records = {
    ...storage.feed,
    open: (listener, times) =>
      storage.feed.open(
        {
          ...listener,
          woken(id, growth) {
            if (!mine.has(id)) foreign.count += 1;
            listener.woken(id, growth);
          },
        },
        times,
      ),
  };
  await feed.open({ ...storage, feed: records });
  for (const ids of pages([...mine], 200)) {
    await Promise.all(ids.map((id) => storage.store.openConversation({ conversation: draft(id), publicIds: [] })));
  }
  await next('follow', () => process.send({ kind: 'opened' }));
  const delays = [];
  let heard = 0;
  for (const ids of pages([...mine], 200)) await Promise.all(ids.map(follow));

  async function follow(id) {
    const { reader } = await feed.join(id, 'http', () => 0, new AbortController().signal);
    const { view } = reader;
    const follower = createFollower(id, { version: view.version, sequence: 0, mode: 'ai', replies: new Map() }, view);
    void (async () => {
      for (;;) {
        for (const { event } of follower.tell(view) ?? []) {
          if (event.type !== 'reply-progress') continue;
          // Each step is its own time, padded to 160 characters.
          for (let at = 0; at + 160 <= event.progress.text.length; at += 160) {
            heard += 1;
            delays.push(Date.now() - Number(event.progress.text.slice(at, at + 13)));
          }
        }
        await reader.next();
      }
    })();
  }

  await next('talk', () => process.send({ kind: 'following' }));
  const cpuBefore = process.cpuUsage();
  const others = Array.from({ length: followed }, (_, nth) => uuidOf(nth * 2 + 1 - index));
  const replies = others.map((conversationId) => {
    let text = '';
    const soFar = () => ({
      id: '',
      text,
      items: [],
      suggestions: [],
      finishReason: 'stop',
      createdAt: new Date().toISOString(),
    });
    const publisher = feed.begin({ conversationId, replyId: crypto.randomUUID(), soFar });
    return (word) => {
      text += word;
      publisher.publish([{ type: 'text-delta', text: word }]);
    };
  });
  const end = performance.now() + long * 1_000;
  let writes = 0;
  // Every slice of 10 ms has its share of the conversations.
  const everyMs = 10;
  const share = (replies.length * often * everyMs) / 1_000;
  let due = 0;
  let turn = 0;
  for (let at = performance.now(); at < end; at += everyMs) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(at - performance.now(), 0)));
    for (due += share; due >= 1; due -= 1) {
      replies[turn % replies.length](String(Date.now()).padEnd(160, '.'));
      turn += 1;
      writes += 1;
    }
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  delays.sort((one, other) => one - other);
  const at = (part) => delays[Math.floor(delays.length * part)] ?? 0;
  const cpu = (user + system) / 1_000_000 / long;
  process.send({ kind: 'done', writes, heard, foreign: foreign.count, delays: [at(0.5), at(0.99)], cpu });
}

async function next(kind, begin) {
  const heard = new Promise((resolve) => process.on('message', (message) => message.kind === kind && resolve()));
  begin();
  await heard;
}

function draft(id) {
  const createdAt = new Date().toISOString();
  return {
    id,
    tenantId: 'shop',
    participant: {},
    agentId: 'a',
    title: '',
    mode: 'ai',
    status: 'active',
    blocked: false,
    createdAt,
  };
}

function* pages(all, size) {
  for (let first = 0; first < all.length; first += size) yield all.slice(first, first + size);
}

function uuidOf(index) {
  return `${index.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

async function cpuOf(client) {
  const text = await client.info('cpu');
  return [/used_cpu_sys:([\d.]+)/, /used_cpu_user:([\d.]+)/].reduce(
    (sum, shape) => sum + Number(shape.exec(text)?.[1] ?? 0),
    0,
  );
}
