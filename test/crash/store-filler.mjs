// Fills a small disk with a store, again and again: `node store-filler.mjs <store module> <mounted folder> <fillings>`. In every second
// filling another file takes the rest of the disk at some moment. After each the store is opened again, and what it acknowledged is looked
// for. Prints what came of each as a line of JSON.
import { randomUUID } from 'node:crypto';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const [, , module, mounted, fillings] = process.argv;
const { openEmbeddedStore } = await import(module);
const path = join(mounted, 'data');
const hog = join(mounted, 'hog');
const createdAt = new Date().toISOString();
const told = [];
const openStore = () =>
  openEmbeddedStore({
    path,
    whenFull: () => told.push('full'),
    whenRoom: () => told.push('room'),
  });

const conversation = (id) => ({
  conversation: {
    id,
    tenantId: 'shop',
    agentId: 'a',
    participant: { userId: 'ann' },
    metadata: {},
    mode: 'ai',
    status: 'active',
    blocked: false,
    createdAt,
  },
  publicIds: [{ tenantId: 'shop', space: 'session', id }],
});
const message = (conversationId) => ({
  id: randomUUID(),
  conversationId,
  role: 'visitor',
  text: 'ä'.repeat(Math.floor(Math.random() * 8_000)),
  items: [],
  suggestions: [],
  attachments: [],
  createdAt,
  status: 'complete',
});

/** Writes until it was refused a few times. */
async function talk(store, acknowledged, refused) {
  for (let refusals = 0; refusals < 3; ) {
    try {
      const id = randomUUID();
      await store.openConversation(conversation(id));
      const stored = [];
      acknowledged.set(id, stored);
      for (let count = 0; count < 5; count += 1) stored.push((await store.appendMessage(message(id))).message.id);
    } catch (error) {
      refused.add(error.code);
      refusals += 1;
    }
  }
}

/** Takes what is left of the disk. */
async function takeRest() {
  const file = await open(hog, 'w');
  for (const size of [65_536, 4_096]) {
    try {
      for (;;) await file.write(Buffer.alloc(size));
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
    }
  }
  await file.close();
}

for (let filling = 0; filling < Number(fillings); filling += 1) {
  const hasNeighbour = filling % 2 === 1;
  const store = await openStore();
  const acknowledged = new Map();
  const refused = new Set();
  const talks = Promise.all(Array.from({ length: 12 }, () => talk(store, acknowledged, refused)));
  if (hasNeighbour) {
    while (acknowledged.size < filling % 7) await new Promise(setImmediate);
    await takeRest();
  }
  await talks;
  const [[id]] = acknowledged;
  const isRead = (await store.conversation(id))?.id === id;
  // Where another program has taken the reserve as well, there may be no page left to note a deletion in.
  const isDeleted = await store.deleteConversation(id).catch((error) => {
    if (!hasNeighbour || error.code !== 'store-unavailable') throw error;
    return undefined;
  });
  if (isDeleted) acknowledged.delete(id);
  await store.close();
  if (hasNeighbour) await rm(hog);

  const again = await openStore();
  let kept = 0;
  let lost = 0;
  for (const [id, stored] of acknowledged) {
    const there = new Set((await again.messagesAfter(id, 0, 10)).map((one) => one.id));
    const found = stored.filter((one) => there.has(one)).length;
    kept += found;
    lost += stored.length - found;
  }
  await again.close();
  console.log(JSON.stringify({ kept, lost, refused: [...refused], isRead, isDeleted, told: told.splice(0) }));
  for (const name of await readdir(mounted)) await rm(join(mounted, name), { recursive: true });
}
