// Fills a store until the disk takes no more: `node store-full.mjs <store module> <data folder>`, under a limit of file size. Prints
// what came of it as JSON. Ends with an error if the store hangs or leaves a rejection unhandled.
import { randomUUID } from 'node:crypto';

const [, , module, path] = process.argv;
const { openEmbeddedStore } = await import(module);
const store = await openEmbeddedStore({ path });
const createdAt = new Date().toISOString();
const id = randomUUID();
await store.openConversation({
  conversation: {
    id,
    tenantId: 'shop',
    agentId: 'a',
    participant: {},
    metadata: {},
    mode: 'ai',
    status: 'active',
    blocked: false,
    createdAt,
  },
  publicIds: [],
});
const acknowledged = [];
const refused = [];
for (let round = 0; round < 40; round += 1) {
  const texts = Array.from({ length: 10 }, (_, index) => `${round}-${index} `.padEnd(4000, 'x'));
  const rest = { role: 'visitor', items: [], suggestions: [], attachments: [], createdAt, status: 'complete' };
  const answers = await Promise.allSettled(
    texts.map((text) => store.appendMessage({ id: randomUUID(), conversationId: id, text, ...rest })),
  );
  for (const answer of answers) {
    if (answer.status === 'fulfilled') acknowledged.push(answer.value.message.sequence);
    else refused.push(answer.reason.code);
  }
}
const { total, entries } = await store.messages(id, { offset: 0, limit: 1000, order: 'ascending' });
await store.close();
console.log(JSON.stringify({ acknowledged, refused, total, read: entries.map(({ sequence }) => sequence) }));
