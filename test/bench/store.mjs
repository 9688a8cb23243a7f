// What the embedded store costs: `npm run build && node test/bench/store.mjs [turns at 32]`.
// CPU is that of the whole process, its writing thread included. A turn is what the service asks of the store for one:
// find the conversation, store the message with an idempotency key, store the reply. Bounded: some seconds, some hundred MB.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../dist/stores/embedded/index.js';

const many = Number(process.argv[2] ?? 20_000);
// On the disk of the checkout: a temporary folder may be in memory.
const path = await mkdtemp(join(process.cwd(), 'node_modules', '.store-bench-'));
const store = await openEmbeddedStore({ path });
const now = new Date().toISOString();
const tenantId = 'shop';
const ids = Array.from({ length: 1000 }, () => randomUUID());
const item = {
  id: 'ST678VG',
  title: 'Workshop desk',
  price: '199.90',
  currency: 'EUR',
  url: 'https://shop.example/desk',
  availability: 'in-stock',
};

const conversation = (id) => ({
  conversation: {
    id,
    tenantId,
    agentId: 'support',
    participant: { userId: `user ${id}`, sessionId: id },
    metadata: {},
    mode: 'ai',
    status: 'active',
    blocked: false,
    createdAt: now,
  },
  publicIds: [{ tenantId, space: 'session', id }],
});
const message = (conversationId, role) => ({
  id: randomUUID(),
  conversationId,
  role,
  text: 'Do you have this desk in another colour? '.repeat(4),
  items: role === 'assistant' ? [item, item] : [],
  suggestions: [],
  attachments: [],
  createdAt: now,
  status: 'complete',
});
const once = () => ({
  key: { tenantId, scope: 'bench', key: randomUUID() },
  fingerprint: 'f'.repeat(64),
  expiresAt: Date.now() + 86_400_000,
});

const works = {
  'open a conversation': () => store.openConversation(conversation(randomUUID())),
  'store a message': (id) => store.appendMessage(message(id, 'visitor')),
  'store a message once': (id) => store.appendMessage(message(id, 'visitor'), once()),
  'a turn (2 commits)': async (id) => {
    const { id: found } = await store.findConversation({ tenantId, space: 'session', id });
    const asked = once();
    await store.appendMessage(message(found, 'visitor'), asked);
    await store.appendReply(message(found, 'assistant'), asked.key);
  },
  'find a conversation': (id) => store.findConversation({ tenantId, space: 'session', id }),
  'read 20 messages': (id) => store.latestMessages(id, 20),
  'list 20 conversations': () => store.conversations({ tenantId }, { offset: 0, limit: 20, order: 'descending' }),
};

async function measure(name, concurrency, count) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const waits = [];
  let started = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (started < count) {
        const id = ids[started++ % ids.length];
        const at = performance.now();
        await works[name](id);
        waits.push(performance.now() - at);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  waits.sort((a, b) => a - b);
  const ms = (share) => Number(waits[Math.floor(waits.length * share)].toFixed(2));
  return {
    work: name,
    concurrency,
    'per second': Math.round(count / seconds),
    'CPU µs each': Number(((user + system) / count).toFixed(1)),
    'median ms': ms(0.5),
    'p99 ms': ms(0.99),
  };
}

for (const id of ids) void store.openConversation(conversation(id));
await store.check();
await measure('a turn (2 commits)', 32, 2000);
const rows = [];
for (const name of Object.keys(works)) {
  for (const concurrency of [1, 32])
    rows.push(await measure(name, concurrency, concurrency === 1 ? Math.min(1000, many) : many));
}
console.table(rows);
console.log(
  `data file: ${((await stat(join(path, 'data.mdb'))).size / 1e6).toFixed(0)} MB, memory: ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
);
await store.close();
await rm(path, { recursive: true });
