import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Item } from '../../src/canonical/index.ts';
import { type BackToBack, runBackToBack, upstreamDialects } from '../support/back-to-back.ts';
import { send } from '../support/client.ts';
import { clients } from '../support/visitors.ts';

const admin = { authorization: 'Bearer demo-admin' };
const tenant = '3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b';
const desk: Item = { id: 'ST678VG', title: 'Workshop desk', price: '999.99' };

/** Dialects that can show items, and follow-up questions, to whoever asks in them. */
const withItems = new Set(['homie', 'item-discovery']);

async function conversationsOf(url: string): Promise<readonly { messageCount: number }[]> {
  const { body } = await send('GET', `${url}/admin/v1/tenants/${tenant}/conversations?limit=100`, { headers: admin });
  return body.entries;
}

describe.each(upstreamDialects)('over an upstream that speaks %s', (dialect) => {
  let pair: BackToBack;
  beforeAll(async () => {
    pair = await runBackToBack(dialect);
  });
  afterAll(() => pair.close());

  async function answer(text: string) {
    const reply = await pair.script.next();
    const [first = '', ...rest] = text.split(/(?<= )/);
    reply.say({ type: 'text-delta', text: first });
    reply.say({ type: 'items-found', items: [desk] }, { type: 'suggestions', suggestions: ['Anything cheaper?'] });
    for (const word of rest) reply.say({ type: 'text-delta', text: word });
    reply.end();
    return reply;
  }

  it.each(clients)('$dialect ($delivery) is answered, twice in one conversation', async (client) => {
    const before = await conversationsOf(pair.far.url);
    const visitor = client.visit(pair.near);
    for (const [question, text] of [
      ['A desk for my dad?', 'Sure, here is one: Zoë’s 🪑.'],
      ['And a chair?', 'No.'],
    ] as const) {
      const asked = visitor.say(question);
      const { turn } = await answer(text);
      expect(turn.text).toBe(question);
      const said = await asked;
      expect(said.failure).toBeUndefined();
      expect(said.text).toBe(text);
      expect(said.items).toEqual(client.hasItems && withItems.has(dialect) ? [desk.title] : []);
    }
    const after = await conversationsOf(pair.far.url);
    expect(after).toHaveLength(before.length + 1);
  });
});
