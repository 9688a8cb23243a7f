import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { withWeights } from '../../../src/backends/with-weights.ts';
import { callOf, contextOf } from './catalog/conversation.ts';
import { createPlannedBackend, hear, saying } from './guarding.ts';

const conversations = Array.from({ length: 2_000 }, () => randomUUID());

/** Who answers each conversation, by name. */
async function answering(weights: Readonly<Record<string, number>>): Promise<readonly string[]> {
  const parts = Object.entries(weights).map(([name, weight]) => ({
    backend: createPlannedBackend(name, saying(name)),
    weight,
  }));
  const backend = withWeights({ name: 'split', parts });
  return Promise.all(conversations.map(async (conversationId) => (await hear(backend, { conversationId })).text));
}

const share = (answers: readonly string[], name: string) =>
  answers.filter((answer) => answer === name).length / answers.length;

describe('weights', () => {
  it('divide conversations as they say, and keep each with its backend', async () => {
    const answers = await answering({ llm: 9, claude: 1, off: 0 });
    expect(share(answers, 'claude')).toBeGreaterThan(0.06);
    expect(share(answers, 'claude')).toBeLessThan(0.14);
    expect(share(answers, 'off')).toBe(0);
    expect(await answering({ off: 0, claude: 1, llm: 9 })).toEqual(answers);
  });

  it('that change move only the conversations that the change is about', async () => {
    const before = await answering({ llm: 6, claude: 2, shop: 2 });
    const after = await answering({ llm: 6, claude: 4, shop: 2 });
    const moved = after.filter((answer, position) => answer !== before[position]);
    expect(moved.length).toBeGreaterThan(0);
    expect(new Set(moved)).toEqual(new Set(['claude']));
  });

  it('send what visitors leave to who answers them, and nowhere else', async () => {
    const told: string[] = [];
    const rating = { forwards: { 'rate-conversation': () => Promise.resolve(void told.push('taker')) } };
    const taker = { ...createPlannedBackend('taker', saying('taker')), ...rating };
    const other = createPlannedBackend('other', saying('other'));
    const backend = withWeights({
      name: 'split',
      parts: [taker, other].map((part) => ({ backend: part, weight: 1 })),
    });
    const some = conversations.slice(0, 100);
    for (const id of some) {
      const conversation = { ...contextOf().conversation, id };
      await backend.forwards?.['rate-conversation']?.({ participant: {}, score: 5 }, conversation, callOf());
    }
    const answers = await Promise.all(
      some.map(async (conversationId) => (await hear(backend, { conversationId })).text),
    );
    expect(told.length).toBe(answers.filter((answer) => answer === 'taker').length);
    expect(told.length).toBeGreaterThan(0);
  });
});
