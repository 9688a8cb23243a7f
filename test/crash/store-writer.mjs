// Writes to a store until it is killed: `node store-writer.mjs <store module> <data folder> <run>`. Each line that it prints is
// about something that the store has acknowledged: `begun <conversation>`, or `stored <conversation> <sequence> <text>`.
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';

const [, , module, path, run] = process.argv;
const { openEmbeddedStore } = await import(module);
const store = await openEmbeddedStore({ path });
const tenantId = 'shop';

// Straight to the pipe: a line that waits in this process would die with it.
const say = (...words) => writeSync(1, `${words.join(' ')}\n`);

async function talk(visitor) {
  const createdAt = new Date().toISOString();
  const participant = { userId: 'ann' };
  const { conversation } = await store.openConversation({
    conversation: {
      id: randomUUID(),
      tenantId,
      agentId: 'support',
      participant,
      metadata: {},
      mode: 'ai',
      status: 'active',
      blocked: false,
      createdAt,
    },
    publicIds: [{ tenantId, space: 'session', id: `${run} ${visitor}` }],
    numberedIn: 'widget',
  });
  say('begun', conversation.id);
  for (let count = 0; ; count += 1) {
    const text = `${run}-${visitor}-${count}`;
    const rest = { items: [], suggestions: [], attachments: [], createdAt, status: 'complete' };
    const draft = { id: randomUUID(), conversationId: conversation.id, text, ...rest };
    const key = { tenantId, scope: run, key: text };
    const once = { key, fingerprint: text, expiresAt: Date.now() + 3_600_000 };
    const { message } = await store.appendMessage({ ...draft, role: 'visitor' }, once);
    say('stored', conversation.id, message.sequence, text);
    const reply = await store.appendReply({ ...draft, id: randomUUID(), role: 'assistant', text: `re-${text}` }, key);
    say('stored', conversation.id, reply.sequence, reply.text);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, visitor) => talk(visitor)));
